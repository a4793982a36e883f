/**
 * The matches that the rules of a bridge share: the bridge, its veth end, the kind of a port. Pure.
 *
 * @module
 */

import { SHARED_SETS, VETH_SET } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";

/**
 * How the rules recognise the frames of their bridge.
 *
 * WHY two forms: a chain of the bridge family sees the frames of every bridge. `meta ibrname` matches one bridge, but
 * needs CONFIG_NFT_BRIDGE_META, which some kernels lack.
 *
 * Without it (`veth-set`), the rules make an exception for the veth ends of all bridges. A frame never leaves its
 * bridge, so the effect is the same on every bridge that has a proxy. The cost: bridges without a proxy carry no ARP
 * for the address either, and no TCP to it on a port that is a service of another bridge.
 */
export type BridgeForm = "ibrname" | "veth-set";

/**
 * The kinds of a guest's port: a tap device of a virtual machine, which ip and nft call `tun`, or a veth end of a
 * container.
 *
 * WHY by kind and not by name: whoever creates a port chooses its name. An uplink is a device of another kind
 * (physical, bond, VLAN, VXLAN). The network drivers never use a tap or a veth as an uplink.
 */
export const GUEST_KINDS: readonly string[] = ["tun", "veth"];

/** {@linkcode GUEST_KINDS}, as a rule names them. */
export const KINDS_OF_GUESTS = `@${SHARED_SETS.guestKinds}`;

/**
 * Renders the rule that accepts the frames of other bridges.
 *
 * @param names The bridge's names.
 * @returns The first rule of a chain in the form `ibrname`.
 */
export function otherBridges({ bridge }: BridgeNames): string {
  return `meta ibrname != "${bridge}" accept`;
}

/**
 * Renders the rule that accepts frames that come in at our veth end.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns A rule.
 */
export function fromOurEnd({ bridgeEnd }: BridgeNames, form: BridgeForm): string {
  return form === "ibrname" ? `iifname "${bridgeEnd}" accept` : `iifname @${VETH_SET} accept`;
}

/**
 * Renders the match for frames that leave through any port but our veth end.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The beginning of a rule.
 */
export function notOurEnd({ bridgeEnd }: BridgeNames, form: BridgeForm): string {
  return form === "ibrname" ? `oifname != "${bridgeEnd}"` : `oifname != @${VETH_SET}`;
}
