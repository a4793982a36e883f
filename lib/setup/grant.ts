/**
 * Grants: the services that a configuration gives to networks. A service stays as it was if the entry for it can't be
 * used. Nothing here changes the kernel.
 *
 * @module
 */

import { type Config, describeProblems } from "../config/config.ts";
import { once, type Resolve } from "../config/resolve_entry.ts";
import { type Network, selectEndpoints, type Selection } from "../config/select.ts";
import { ConfigError } from "../errors.ts";
import { log } from "../log.ts";
import { type KeptEndpoint, keptOf } from "./kept_services.ts";
import { endpointsOf, type NetworkRecord, withNetwork } from "./setup_record.ts";

/** A network, and the services that a configuration gives it. */
export interface Grant {
  /** The network. */
  readonly network: Network;
  /** Its endpoints, and the entries in doubt. */
  readonly selection: Selection;
}

/** The grants of a configuration. */
export interface Grants {
  /** One for each network. */
  readonly grants: readonly Grant[];
  /** A line for each entry or value of the file that is wrong or was skipped. */
  readonly warnings: ReadonlySet<string>;
}

/** A bridge's networks with their granted services. */
export interface Granted {
  /** The networks. */
  readonly networks: readonly NetworkRecord[];
  /** The endpoints that stay because their entry can't be used. */
  readonly kept: readonly KeptEndpoint[];
}

/**
 * Selects the services that a configuration gives some networks. It resolves names, so it may take seconds.
 *
 * @param config The configuration.
 * @param networks The networks.
 * @param resolve Resolves a host name to an IPv4 address.
 * @returns The grant of each network.
 * @throws {ConfigError} If the configuration has no `:tproxy:` key.
 */
export async function selectGrants(config: Config, networks: readonly Network[], resolve: Resolve): Promise<Grants> {
  const problems = describeProblems(config);
  if (config.entries === undefined) {
    for (const problem of problems) log.warning(problem);
    throw new ConfigError(
      `The configuration ${config.path} has no :tproxy: key`,
      "add the list of services to it, see docs/configuration.md",
    );
  }
  const ask = once(resolve);
  const grants = await Promise.all(networks.map(async (network): Promise<Grant> => {
    return { network, selection: await selectEndpoints(config, network, ask) };
  }));
  return { grants, warnings: new Set([...problems, ...grants.flatMap(({ selection }) => selection.warnings)]) };
}

/**
 * Gives a network of a bridge its granted services, and keeps those in doubt.
 *
 * @param networks The networks of the bridge.
 * @param grant The grant of one of them.
 * @returns The networks afterwards. A network without services stays recorded, so that a later configuration can give
 * it some.
 */
export function giveTo(networks: readonly NetworkRecord[], { network, selection }: Grant): Granted {
  const kept = keptOf(endpointsOf(networks, network), selection);
  const endpoints = [...selection.endpoints, ...kept.map(({ endpoint }) => endpoint)];
  return { networks: withNetwork(networks, { ...network, endpoints }), kept };
}
