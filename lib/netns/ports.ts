/**
 * The ports of a bridge that lead to guests. Pure.
 *
 * @module
 */

import { type BridgeName, PROBE_PORT } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { GUEST_KINDS } from "../nft/matches.ts";
import type { Link } from "./observe.ts";

/**
 * Finds the ports of a bridge that lead to guests.
 *
 * @param links The devices of the host namespace, from `parseLinks()`.
 * @param bridge The bridge.
 * @param others Names of ports that do not count, for example those of a guest that is leaving.
 * @returns The names of the tap devices and veth ends among its ports, without the proxy's own end and the probe's, in
 * ascending order.
 */
export function guestPortsOf(links: readonly Link[], bridge: BridgeName, others: readonly string[] = []): string[] {
  const notGuests: readonly string[] = [namesOf(bridge).bridgeEnd, PROBE_PORT, ...others];
  return links.filter((link) => link.master === bridge && GUEST_KINDS.includes(link.kind ?? "")).map(({ name }) => name)
    .filter((name) => !notGuests.includes(name)).toSorted();
}
