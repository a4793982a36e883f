/**
 * Networks, and the services that they keep, in words. Pure.
 *
 * @module
 */

import { remotesOf } from "../address.ts";
import { type NetworkReference, printable } from "../config/config.ts";
import type { Network } from "../config/select.ts";
import { UNNAMED_NETWORK } from "../names.ts";
import type { BridgePlan } from "../setup/config_changes.ts";

/**
 * Renders a reference to a network.
 *
 * @param network The reference.
 * @returns For example `ID 7` or `name vnet0`; a name that is not one plain word is in quotes.
 */
export function nameNetwork(network: NetworkReference): string {
  if ("id" in network) return `ID ${network.id}`;
  return `name ${/^[\w.-]+$/.test(network.name) ? network.name : printable(JSON.stringify(network.name))}`;
}

/**
 * Renders a network as it was named.
 *
 * @param network The network.
 * @returns For example `ID 7, name vnet0`; `unnamed` for one that has neither, `unknown` if nothing says which network
 * it is.
 */
export function describeNetwork({ id, name }: Network): string {
  if (name === UNNAMED_NETWORK.name) return "unnamed";
  const references = [...(id === undefined ? [] : [{ id }]), ...(name === undefined ? [] : [{ name }])];
  return references.map(nameNetwork).join(", ") || "unknown";
}

/**
 * Says which services stay as they are because their entry can't be used.
 *
 * @param plans What a configuration changes on each bridge.
 * @param path The configuration file.
 * @returns A line for each service.
 */
export function describeKept(plans: readonly Pick<BridgePlan, "bridge" | "kept">[], path: string): string[] {
  return plans.flatMap(({ bridge, kept }) =>
    kept.map(({ network, endpoint, at }) => {
      const what = `${endpoint.servicePort} of ${bridge} (${describeNetwork(network)})`;
      return `${what} stays ${remotesOf(endpoint).join(", ")}: its entry at ${path}:${at.line} can't be used`;
    })
  );
}
