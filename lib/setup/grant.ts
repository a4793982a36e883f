/**
 * What a configuration gives the networks of a bridge, and what stays as it was because the configuration is in doubt about
 * it. Nothing here touches the kernel.
 *
 * @module
 */

import { type Config, describeProblem } from "../config/config.ts";
import { type Network, once, type Resolve, selectEndpoints, type Selection } from "../config/select.ts";
import { ConfigError } from "../errors.ts";
import { log } from "../log.ts";
import { type KeptEndpoint, keptOf } from "./keep.ts";
import { endpointsOf, type NetworkRecord, withNetwork } from "./record.ts";

/** A network, and what the configuration gives it. */
export interface Grant {
  /** The network. */
  readonly network: Network;
  /** Its endpoints, and what is in doubt. */
  readonly selection: Selection;
}

/** What a configuration gives some networks. */
export interface Grants {
  /** One for each network. */
  readonly grants: readonly Grant[];
  /** A line for everything in the file that is not what it has to be, or is left out. */
  readonly warnings: ReadonlySet<string>;
}

/** A bridge's networks with what they have been granted. */
export interface Granted {
  /** The networks. */
  readonly networks: readonly NetworkRecord[];
  /** The endpoints that stay although no good entry has them. */
  readonly kept: readonly KeptEndpoint[];
}

/**
 * Finds out what a configuration gives some networks. It resolves names, so it may take seconds.
 *
 * @param config The configuration.
 * @param networks The networks.
 * @param resolve Resolves a host name to an IPv4 address.
 * @returns What each of them gets.
 * @throws {ConfigError} If the configuration has no `:tproxy:` key.
 */
export async function selectGrants(config: Config, networks: readonly Network[], resolve: Resolve): Promise<Grants> {
  const problems = [...config.problems, ...config.remarks].map((problem) => describeProblem(config.path, problem));
  if (config.entries === undefined) {
    for (const problem of problems) log.warning(problem);
    throw new ConfigError(
      `The configuration ${config.path} has no :tproxy: key`,
      "add the list of services to it, see docs/reference.md",
    );
  }
  const ask = once(resolve);
  const grants = await Promise.all(networks.map(async (network): Promise<Grant> => {
    return { network, selection: await selectEndpoints(config, network, ask) };
  }));
  return { grants, warnings: new Set([...problems, ...grants.flatMap(({ selection }) => selection.warnings)]) };
}

/**
 * Gives a network of a bridge what it should have, and what stays as it was.
 *
 * @param networks The networks of the bridge.
 * @param grant What one of them gets.
 * @returns The networks afterwards. One that gets nothing stays recorded, for a configuration that has something for it.
 */
export function giveTo(networks: readonly NetworkRecord[], { network, selection }: Grant): Granted {
  const kept = keptOf(endpointsOf(networks, network), selection);
  const endpoints = [...selection.endpoints, ...kept.map(({ endpoint }) => endpoint)];
  return { networks: withNetwork(networks, { ...network, endpoints }), kept };
}
