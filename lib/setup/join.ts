/**
 * What bridges serve: what is recorded, and what else is in nft. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import { type SetupRecord, unionOf } from "./record.ts";

/**
 * Joins what is recorded with what is in nft. What is recorded is served, whatever has become of it in nft; what else is
 * there, the network driver's for example, is served as well.
 *
 * @param record What `setup` has recorded.
 * @param listed The endpoints in nft.
 * @returns The endpoints of each bridge that has any, in ascending order of their service port.
 */
export function joinEndpoints(
  record: SetupRecord,
  listed: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): Map<BridgeName, readonly Endpoint[]> {
  const joined = new Map<BridgeName, readonly Endpoint[]>();
  for (const bridge of new Set([...record.keys(), ...listed.keys()])) {
    const recorded = unionOf(record.get(bridge) ?? []).endpoints;
    const ports = new Set(recorded.map(({ servicePort }) => servicePort));
    const others = (listed.get(bridge) ?? []).filter(({ servicePort }) => !ports.has(servicePort));
    const endpoints = [...recorded, ...others].toSorted((a, b) => a.servicePort - b.servicePort);
    if (endpoints.length > 0) joined.set(bridge, endpoints);
  }
  return joined;
}
