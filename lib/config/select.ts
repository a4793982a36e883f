/**
 * Which endpoints a network gets.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { EndpointOptions } from "../limits.ts";
import { withOptions } from "../limits_codec.ts";
import { type Config, type ConfigEntry, describeProblem, type Doubt, type Problem } from "./config.ts";
import { type NamedAddresses, toNamedAddresses } from "./named_addresses.ts";
import { resolveIpv4 } from "./resolve_name.ts";
import { once, type Resolve, resolveEntry } from "./resolve_entry.ts";

/** A virtual network, as the VM's NIC names it. */
export interface Network {
  /** `NETWORK`, its name; unique only for each owner. */
  readonly name?: string;
  /** `NETWORK_ID`, digits. */
  readonly id?: string;
}

/** An endpoint, and the names that its addresses were resolved from, if they were. */
export interface SelectedEndpoint extends Endpoint, NamedAddresses {}

/** What a network gets, and what it does not get although somebody may expect it to. */
export interface Selection {
  /** The endpoints, no two with the same service port, in ascending order of it. */
  readonly endpoints: readonly SelectedEndpoint[];
  /** One line for each entry that was left out and why. */
  readonly warnings: readonly string[];
  /** What may have been meant for the network and can't be used: what it is served for that stays as it is. */
  readonly doubts: readonly Doubt[];
}

/**
 * Tells whether an entry is for a network.
 *
 * @param entry An entry of the configuration; one without networks is in doubt and may be for any.
 * @param network The network.
 * @returns `true` if the entry is for all networks or names this one by ID or by name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { appliesTo } from "@one/tproxy";
 *
 * assert.equal(appliesTo({ networks: [{ id: "7" }] }, { name: "vnet0", id: "7" }), true);
 * assert.equal(appliesTo({ networks: [{ id: "7" }] }, { name: "7" }), false);
 * ```
 */
export function appliesTo({ networks = [] }: Pick<Doubt, "networks">, network: Network): boolean {
  return networks.length === 0 ||
    networks.some((reference) => "id" in reference ? reference.id === network.id : reference.name === network.name);
}

/**
 * Selects the endpoints of a network. Names are resolved; of entries with one service port the first wins.
 *
 * @param config The configuration.
 * @param network The network.
 * @param resolve Resolves a host name to an IPv4 address; the hypervisor's resolver unless told.
 * @returns The endpoints, and a warning for each entry or address that applies but can't be had.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseConfig, selectEndpoints } from "@one/tproxy";
 *
 * const text = ":tproxy:\n- :service_port: 5030\n  :remote_addr: gate.example\n  :remote_port: 80\n";
 * const config = parseConfig(text, "a.conf");
 * const { endpoints } = await selectEndpoints(config, { id: "7" }, () => Promise.resolve("10.11.12.13"));
 * assert.equal(endpoints[0]?.remoteAddr, "10.11.12.13");
 * ```
 */
export async function selectEndpoints(
  config: Config,
  network: Network,
  resolve: Resolve = resolveIpv4,
): Promise<Selection> {
  const warnings: string[] = [];
  const doubts = config.doubts.filter((doubt) => appliesTo(doubt, network));
  const chosen = new Map<number, ConfigEntry>();
  for (const entry of config.entries ?? []) {
    if (!appliesTo(entry, network)) continue;
    const first = chosen.get(entry.servicePort);
    if (first === undefined) {
      chosen.set(entry.servicePort, entry);
    } else {
      warnings.push(describeProblem(config.path, portConflict(entry, `ignored: line ${first.at.line} wins`)));
    }
  }
  const ask = once(resolve);
  const endpoints = await Promise.all([...chosen.values()].map(async (entry) => {
    const { servicePort, remotePort } = entry;
    const { addresses, problems } = await resolveEntry(entry, ask);
    warnings.push(...problems.map((problem) => describeProblem(config.path, problem)));
    const found = toNamedAddresses(addresses);
    if (found === undefined) {
      doubts.push({ at: entry.at, servicePort });
      return undefined;
    }
    return { servicePort, remotePort, ...found, ...withOptions(optionsOf(entry, config)) };
  }));
  return {
    endpoints: endpoints.filter((endpoint) => endpoint !== undefined)
      .toSorted((a, b) => a.servicePort - b.servicePort),
    warnings,
    doubts,
  };
}

/** An endpoint says of redirection only that it has none. */
function optionsOf({ options = {} }: ConfigEntry, config: Config): EndpointOptions {
  const { redirect = config.redirect, ...others } = options;
  return { ...others, ...(redirect ? {} : { redirect }) };
}

/**
 * States that an earlier entry has the service port of this one.
 *
 * @param entry The later entry.
 * @param advice Where the earlier one is, and for which networks it wins.
 * @returns The problem.
 */
export function portConflict(entry: ConfigEntry, advice: string): Problem {
  return { at: entry.at, key: ":service_port:", value: `${entry.servicePort}`, advice };
}
