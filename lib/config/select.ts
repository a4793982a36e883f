/**
 * Which endpoints a network gets.
 *
 * @module
 */

import { type Endpoint, isIpv4 } from "../address.ts";
import { type Config, type ConfigEntry, describeProblem } from "./config.ts";
import { isDiallable } from "./parse.ts";
import { resolveIpv4 } from "./resolve.ts";

/** A virtual network, as the VM's NIC names it. */
export interface Network {
  /** `NETWORK`, its name; unique only for each owner. */
  readonly name?: string;
  /** `NETWORK_ID`, digits. */
  readonly id?: string;
}

/** What a network gets, and what it does not get although somebody may expect it to. */
export interface Selection {
  /** The endpoints, no two with the same service port, in ascending order of it. */
  readonly endpoints: readonly Endpoint[];
  /** One line for each entry that was left out and why. */
  readonly warnings: readonly string[];
}

/**
 * Tells whether an entry is for a network.
 *
 * @param entry An entry of the configuration.
 * @param network The network.
 * @returns `true` if the entry is for all networks or names this one by ID or by name.
 */
export function appliesTo(entry: ConfigEntry, network: Network): boolean {
  return entry.networks.length === 0 ||
    entry.networks.some((reference) =>
      "id" in reference ? reference.id === network.id : reference.name === network.name
    );
}

/**
 * Selects the endpoints of a network. Names are resolved; of entries with one service port the first wins.
 *
 * @param config The configuration.
 * @param network The network.
 * @param resolve Resolves a host name to an IPv4 address; the hypervisor's resolver unless told.
 * @returns The endpoints, and a warning for each entry that applies but can't be had.
 */
export async function selectEndpoints(
  config: Config,
  network: Network,
  resolve: (name: string) => Promise<string> = resolveIpv4,
): Promise<Selection> {
  const warnings: string[] = [];
  const chosen = new Map<number, ConfigEntry>();
  for (const entry of config.entries ?? []) {
    if (!appliesTo(entry, network)) continue;
    const first = chosen.get(entry.servicePort);
    if (first === undefined) {
      chosen.set(entry.servicePort, entry);
    } else {
      warnings.push(
        warn(config, entry, ":service_port:", `${entry.servicePort}`, `a port not taken in line ${first.at.line}`),
      );
    }
  }
  const endpoints = await Promise.all([...chosen.values()].map(async (entry) => {
    const { servicePort, remoteAddr, remotePort } = entry;
    try {
      const address = isIpv4(remoteAddr) ? remoteAddr : await resolve(remoteAddr);
      if (isDiallable(address)) return { servicePort, remoteAddr: address, remotePort };
      warnings.push(
        warn(config, entry, ":remote_addr:", `${remoteAddr} (${address})`, "a name of an address that can be dialled"),
      );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      warnings.push(warn(config, entry, ":remote_addr:", remoteAddr, `a name that resolves to IPv4 (${why})`));
    }
    return undefined;
  }));
  return {
    endpoints: endpoints.filter((endpoint) => endpoint !== undefined)
      .toSorted((a, b) => a.servicePort - b.servicePort),
    warnings,
  };
}

function warn(config: Config, entry: ConfigEntry, key: string, value: string, expected: string): string {
  return describeProblem(config.path, { at: entry.at, key, value, expected });
}
