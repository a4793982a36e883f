/**
 * The ports of a bridge, told apart: those that lead to guests and those that lead out of the hypervisor. Pure.
 *
 * @module
 */

import { type BridgeName, namesOf } from "../names.ts";
import type { Link } from "./observe.ts";

/**
 * What a guest's port can be: a tap device (which ip calls `tun`) of a virtual machine, a veth end of a container.
 *
 * WHY by kind and not by name: a port's name is whatever made it. What leads out is a device of another kind (physical,
 * bond, VLAN, VXLAN), and the network drivers never put a tap or a veth on a bridge for that.
 */
const GUEST_KINDS: ReadonlySet<string | undefined> = new Set(["tun", "veth"]);

/**
 * Finds the ports through which a bridge's frames leave the hypervisor.
 *
 * @param links The devices of the host namespace, as `parseLinks()` gives them.
 * @param bridge The bridge.
 * @returns The names of the ports that are neither tap devices nor veth ends, in ascending order.
 */
export function uplinksOf(links: readonly Link[], bridge: string): string[] {
  return links.filter((link) => link.master === bridge && !GUEST_KINDS.has(link.kind)).map(({ name }) => name)
    .toSorted();
}

/**
 * Finds the ports behind which a bridge's guests are.
 *
 * @param links The devices of the host namespace, as `parseLinks()` gives them.
 * @param bridge The bridge.
 * @param others Names of ports that do not count, for example those of a guest that is leaving.
 * @returns The names of the tap devices and veth ends among its ports, without the proxy's own end, in ascending order.
 */
export function guestPortsOf(links: readonly Link[], bridge: BridgeName, others: readonly string[] = []): string[] {
  const { bridgeEnd } = namesOf(bridge);
  return links.filter((link) => link.master === bridge && GUEST_KINDS.has(link.kind)).map(({ name }) => name)
    .filter((name) => name !== bridgeEnd && !others.includes(name)).toSorted();
}
