/**
 * Joining the recorded endpoints with those in nft. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import { type SetupRecord, unionOf } from "./setup_record.ts";

/**
 * Joins the recorded endpoints with those in nft. A recorded endpoint is served even if it is missing or changed in
 * nft. Other endpoints in nft, for example the network driver's, are served too.
 *
 * @param record The record of `setup`.
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
