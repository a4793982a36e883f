/**
 * The rules of one bridge: which port may use the proxy's address, and which frames may pass between the proxy and its
 * guests. Pure.
 *
 * @module
 */

import { GUEST_ADDRESS, PROBE_PORT, REDIRECT_MAC, SHARED_SETS } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import { countedDrop } from "./dropped.ts";
import { type BridgeForm, fromOurEnd, KINDS_OF_GUESTS, notOurEnd, otherBridges } from "./matches.ts";

// These match raw bytes (`@nh`). `arp saddr ip` would expect the EtherType of ARP directly behind the MAC addresses,
// and a VLAN tag moves it.
//
// Tagged frames matter: a tagged frame can reach a guest as an untagged one. Receivers ignore a tag whose VLAN ID is 0,
// and a bridge with VLAN filtering removes the tag of the port's own VLAN.
//
// The kernel removes the outermost tag before any rule sees the frame. `meta protocol` is the EtherType behind that
// tag, and `@nh` counts bits from there.
//
// The EtherType is looked up in a set because nft lists `meta protocol arp @nh,112,32` as `arp saddr ip`. A saved
// ruleset would then load as that other rule.
const ARP = `meta protocol @${SHARED_SETS.arpTypes}`;
const ARP_SENDER = `@nh,112,32 ${hexOf(GUEST_ADDRESS)}`;
const ARP_REQUEST_FOR = `@nh,48,16 1 @nh,192,32 ${hexOf(GUEST_ADDRESS)}`;

// A frame that begins with an LLC header has no EtherType; the kernel gives it the protocol 4. Linux ignores IP in such
// a frame. Windows did not.
const SNAP = "meta protocol 4 @nh,0,32 0xaaaa0300";
const SNAP_ARP_SENDER = `${SNAP} @nh,48,16 0x0806 @nh,176,32 ${hexOf(GUEST_ADDRESS)}`;
const SNAP_IP_SENDER = `${SNAP} @nh,48,16 0x0800 @nh,160,32 ${hexOf(GUEST_ADDRESS)}`;

/**
 * Lists the rules of the chain that the network drivers make too. Like their own rule, it lets an ARP request for the
 * address leave through our veth end only, so the guest's own hypervisor answers it.
 *
 * Frames from our veth end are accepted: the proxy's end asks nobody for its own address, but announces to guests that
 * the address has a new MAC address.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `ch_<br>`, in the forward hook.
 */
export function driverRules(names: BridgeNames, form: BridgeForm): string[] {
  const scope = form === "ibrname" ? `meta ibrname "${names.bridge}" ` : "";
  return [
    fromOurEnd(names, form),
    `${scope}${notOurEnd(names, form)} arp operation request arp daddr ip ${GUEST_ADDRESS} drop`,
  ];
}

/**
 * Lists the rules for frames that come in at a port. Only our veth end may send from the guest-facing address, in ARP
 * or in IPv4, or from the proxy's MAC address. No port may send from {@linkcode REDIRECT_MAC}, because the bridge would
 * learn a port for it.
 *
 * WHY prerouting: this hook comes before the bridge learns a MAC address, and before the host itself receives the
 * frame.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `guard_<br>`, in the prerouting hook.
 */
export function guardRules(names: BridgeNames, form: BridgeForm): string[] {
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    fromOurEnd(names, form),
    ...proxyMacs(names, form).map((mac) => `ether saddr ${mac} ${countedDrop("sender-mac")}`),
    `ip saddr ${GUEST_ADDRESS} ${countedDrop("sender-ip")}`,
    // Nearly every frame ends here. The rules below are for all others.
    "meta protocol ip accept",
    "meta protocol ip6 accept",
    `${ARP} ${ARP_SENDER} ${countedDrop("sender-arp")}`,
    // This matches a second tag, behind the outermost one. With the VLAN ID 0, it hides a packet that the receiver may
    // treat as untagged.
    `meta protocol @${SHARED_SETS.vlanTypes} @nh,4,12 0 ${countedDrop("second-tag")}`,
    `${SNAP_ARP_SENDER} ${countedDrop("sender-snap-arp")}`,
    `${SNAP_IP_SENDER} ${countedDrop("sender-snap-ip")}`,
  ];
}

/**
 * Lists the rules for frames between our veth end and the other ports: ARP and IPv4 pass, to and from guests.
 *
 * WHY tagged frames from guests are dropped: a filter that sees untagged packets only, as iptables does on a bridge,
 * has not checked them.
 *
 * WHY the rules accept guests instead of refusing uplinks: an uplink may join the bridge after its proxy.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `port_<br>`, in the forward hook.
 */
export function portRules(names: BridgeNames, form: BridgeForm): string[] {
  const [end, kinds, types] = [`"${names.bridgeEnd}"`, KINDS_OF_GUESTS, `@${SHARED_SETS.guestTypes}`];
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    // The probe asks by ARP like a guest. Nobody else hears of it, and the rule that counts such requests does not count it.
    `iifname "${PROBE_PORT}" oifname != ${end} drop`,
    // `meta protocol` also matches tagged frames: a bridge with VLAN filtering tags frames to a guest whose port is a
    // trunk.
    `iifname ${end} meta protocol ${types} meta oifkind ${kinds} accept`,
    `iifname ${end} ${countedDrop("proxy-to-no-guest")}`,
    // This is the network drivers' rule, for tagged frames too.
    `${ARP} ${ARP_REQUEST_FOR} ${notOurEnd(names, form)} ${countedDrop("request-to-other-port")}`,
    // A bridge forgets the proxy's port after five minutes without a frame from it. It then floods frames for the proxy
    // to all ports.
    ...(form === "ibrname" ? [] : [`oifname ${end} ether daddr ${REDIRECT_MAC} ether daddr set ${names.netnsEndMac}`]),
    ...proxyMacs(names, form).map((mac) => `ether daddr ${mac} ${notOurEnd(names, form)} ${countedDrop("flood")}`),
    // Frames from guest to guest, and those of other bridges: each chain of the bridge family sees the frames of all
    // bridges.
    `oifname != ${end} accept`,
    // `ether type` of a tagged frame is that of the tag, so only untagged frames match.
    `ether type ${types} meta iifkind ${kinds} jump ${names.senderChain}`,
    countedDrop("no-guest-to-proxy"),
  ];
}

/** Lists the MAC addresses of the proxy. Each has a rule of its own, since a set would be one more for each bridge. */
function proxyMacs({ netnsEndMac }: BridgeNames, form: BridgeForm): string[] {
  return form === "ibrname" ? [netnsEndMac] : [netnsEndMac, REDIRECT_MAC];
}

function hexOf(address: string): string {
  return `0x${address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0")).join("")}`;
}
