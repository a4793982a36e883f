/**
 * Joining the endpoints of a bridge's networks with each other, and with those in nft. Pure.
 *
 * @module
 */

import { addressesOf, type Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import { isSameElement } from "../nft/map_element.ts";
import type { NetworkRecord, SetupRecord } from "./setup_record.ts";

/** The joined endpoints of a bridge's networks. */
export interface Union {
  /** The endpoints, in ascending order of their service port. */
  readonly endpoints: readonly Endpoint[];
  /** The endpoints left out, because an earlier network has another service, or other options, on that port. */
  readonly clashes: readonly Endpoint[];
}

/**
 * Joins the endpoints of a bridge's networks. If several have the same service port, the endpoint of the earliest
 * network wins.
 *
 * @param networks The networks of the bridge.
 * @returns The endpoints that the bridge serves, and those left out.
 */
export function unionOf(networks: readonly NetworkRecord[]): Union {
  const chosen = new Map<number, Endpoint>();
  const clashes: Endpoint[] = [];
  for (const endpoint of networks.flatMap(({ endpoints }) => endpoints)) {
    const first = chosen.get(endpoint.servicePort);
    if (first === undefined) chosen.set(endpoint.servicePort, endpoint);
    else if (!isSameService(first, endpoint)) clashes.push(endpoint);
  }
  return { endpoints: [...chosen.values()].toSorted((a, b) => a.servicePort - b.servicePort), clashes };
}

/**
 * Tells whether guests are served the same by two endpoints.
 *
 * @param a An endpoint.
 * @param b An endpoint.
 * @returns Whether service port, options and all addresses in their order are the same.
 */
export function isSameService(a: Endpoint, b: Endpoint): boolean {
  return isSameElement(a, b) && addressesOf(a).join() === addressesOf(b).join();
}

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
