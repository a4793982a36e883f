/**
 * What the rules of a bridge match by: the bridge, its veth end, the kind of a port. Pure.
 *
 * @module
 */

import { type BridgeNames, VETH_SET } from "../names.ts";

/**
 * How the rules recognise the frames of their bridge.
 *
 * WHY two: a chain of the bridge family sees every bridge of the host. `meta ibrname` narrows it to one, but needs
 * CONFIG_NFT_BRIDGE_META, which some kernels lack. There the rules make an exception for every bridge's veth end; since a
 * frame never leaves the bridge it is on, that says the same for every bridge that has a proxy. What it costs: bridges
 * without a proxy carry no ARP for the address either, nor TCP for it to a port that is a service's on another bridge.
 */
export type BridgeForm = "ibrname" | "veth-set";

/**
 * What a guest's port can be: a tap device (which ip and nft call `tun`) of a virtual machine, a veth end of a container.
 *
 * WHY by kind and not by name: a port's name is whatever made it. What leads out is a device of another kind (physical,
 * bond, VLAN, VXLAN), and the network drivers never put a tap or a veth on a bridge for that.
 */
export const GUEST_KINDS: readonly string[] = ["tun", "veth"];

/** The same as a set of nft. */
export const KINDS_OF_GUESTS = `{ ${GUEST_KINDS.map((kind) => `"${kind}"`).join(", ")} }`;

/**
 * Accepts what is on other bridges.
 *
 * @param names The bridge's names.
 * @returns The first rule of a chain in the form `ibrname`.
 */
export function otherBridges({ bridge }: BridgeNames): string {
  return `meta ibrname != "${bridge}" accept`;
}

/**
 * Accepts what comes in at our veth end.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns A rule.
 */
export function fromOurEnd({ bridgeEnd }: BridgeNames, form: BridgeForm): string {
  return form === "ibrname" ? `iifname "${bridgeEnd}" accept` : `iifname @${VETH_SET} accept`;
}

/**
 * Matches what leaves through any port but our veth end.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The beginning of a rule.
 */
export function notOurEnd({ bridgeEnd }: BridgeNames, form: BridgeForm): string {
  return form === "ibrname" ? `oifname != "${bridgeEnd}"` : `oifname != @${VETH_SET}`;
}
