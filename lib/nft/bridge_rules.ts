/**
 * The rules of one bridge: who may have the proxy's address, and what may pass between the proxy and its guests. Pure.
 *
 * @module
 */

import { type BridgeNames, GUEST_ADDRESS, REDIRECT_MAC } from "../names.ts";
import { type BridgeForm, fromOurEnd, KINDS_OF_GUESTS, notOurEnd, otherBridges } from "./matches.ts";

// Byte by byte, since `arp saddr ip` expects the EtherType of ARP directly behind the MAC addresses, and a VLAN tag moves it.
// Receivers ignore a tag whose VLAN ID is 0, and a bridge with VLAN filtering removes the tag of the port's own VLAN, so a
// tagged frame can reach a guest as an untagged one. Before any rule sees a frame, the kernel takes its outermost tag out of
// the packet: `meta protocol` is the EtherType behind that tag, and `@nh` counts the bits from there.
//
// Two EtherTypes, since nft would list `meta protocol arp @nh,112,32` as `arp saddr ip`, which is the other rule when a saved
// ruleset is loaded. 0x8035 is RARP, which has the same fields.
const ARP = "meta protocol { arp, 0x8035 }";
const ARP_SENDER = `@nh,112,32 ${hexOf(GUEST_ADDRESS)}`;
const ARP_REQUEST_FOR = `@nh,48,16 1 @nh,192,32 ${hexOf(GUEST_ADDRESS)}`;

/** How many addresses a guest may use towards the proxy: at once, and how many new ones an hour. */
const NEWCOMERS = "limit rate over 64/hour burst 64 packets";

// What begins with an LLC header has no EtherType; the kernel calls it 4. Linux ignores IP in it, Windows did not.
const SNAP = "meta protocol 4 @nh,0,32 0xaaaa0300";
const SNAP_ARP_SENDER = `${SNAP} @nh,48,16 0x0806 @nh,176,32 ${hexOf(GUEST_ADDRESS)}`;
const SNAP_IP_SENDER = `${SNAP} @nh,48,16 0x0800 @nh,160,32 ${hexOf(GUEST_ADDRESS)}`;

/**
 * The chain that the network drivers know, with the rule that they make themselves: the request for the address leaves
 * through no port but our veth end, so the closest hypervisor is the one to answer. What our veth end sends is no such
 * request, but announces to guests that the address has another MAC address.
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
 * What may come in at a port: nobody but our veth end has the address, in ARP or in IPv4, or its MAC address. Nobody
 * has the MAC address that stands for it, either: the bridge would learn a port for it.
 *
 * WHY prerouting: that is before the bridge learns where a MAC address is, and before the host itself sees the frame.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `guard_<br>`, in the prerouting hook.
 */
export function guardRules(names: BridgeNames, form: BridgeForm): string[] {
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    fromOurEnd(names, form),
    `ether saddr ${form === "ibrname" ? names.netnsEndMac : `{ ${names.netnsEndMac}, ${REDIRECT_MAC} }`} drop`,
    `ip saddr ${GUEST_ADDRESS} drop`,
    // Nearly every frame; the rules below are about others.
    "meta protocol { ip, ip6 } accept",
    `${ARP} ${ARP_SENDER} drop`,
    // A tag behind the outermost one: with the VLAN ID 0 it hides a packet that the receiver may take for an untagged one.
    "meta protocol { 8021q, 8021ad } @nh,4,12 0 drop",
    `${SNAP_ARP_SENDER} drop`,
    `${SNAP_IP_SENDER} drop`,
  ];
}

/**
 * What may pass between our veth end and the other ports: ARP and IPv4, to and from guests.
 *
 * WHY no tags from guests: a filter that looks at untagged packets only, as iptables does on a bridge, has not seen them.
 *
 * WHY guests are accepted, and not uplinks refused: uplinks join a bridge after its proxy does.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `port_<br>`, in the forward hook.
 */
export function portRules(names: BridgeNames, form: BridgeForm): string[] {
  const [end, kinds] = [`"${names.bridgeEnd}"`, KINDS_OF_GUESTS];
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    // A bridge with VLAN filtering may tag what goes to a guest, for a port that is a trunk.
    `iifname ${end} meta protocol { arp, ip } meta oifkind ${kinds} accept`,
    `iifname ${end} drop`,
    // The same as the rule of the network drivers, with a tag as well.
    `${ARP} ${ARP_REQUEST_FOR} ${notOurEnd(names, form)} drop`,
    // A bridge that has heard nothing of the proxy for five minutes floods what is for it to all ports.
    ...(form === "ibrname" ? [`ether daddr ${names.netnsEndMac} oifname != ${end} drop`] : [
      `oifname ${end} ether daddr ${REDIRECT_MAC} ether daddr set ${names.netnsEndMac}`,
      `ether daddr { ${names.netnsEndMac}, ${REDIRECT_MAC} } ${notOurEnd(names, form)} drop`,
    ]),
    // What goes from guest to guest; each chain of this kind sees the frames of all bridges.
    `oifname != ${end} accept`,
    // `ether type` is the EtherType of the tag, if there is one.
    `ether type { arp, ip } meta iifkind ${kinds} jump ${names.senderChain}`,
    "drop",
  ];
}

/**
 * From how many addresses what comes in at one port may speak to the proxy.
 *
 * WHY: limits on streams count by address, and the kernel remembers every address that the namespace answers in a table that
 * all namespaces share. The port is the one thing about a guest that it can't forge.
 *
 * @param names The bridge's names.
 * @returns The rules of `sender_<br>`, to which `port_<br>` jumps.
 */
export function senderRules({ senders, newcomers }: BridgeNames): string[] {
  const [ip, arp] = ["iifname . ip saddr", "iifname . arp saddr ip"];
  return [
    // The namespace has no other address, and remembers nobody who speaks to another one.
    `ip daddr != ${GUEST_ADDRESS} drop`,
    `arp daddr ip != ${GUEST_ADDRESS} accept`,
    ...[ip, arp].map((sender) => `${sender} @${senders} accept`),
    // Whoever has been known for an hour is new again, so there are never more than 128 of one port.
    `update @${newcomers} { iifname ${NEWCOMERS} } drop`,
    ...[ip, arp].map((sender) => `add @${senders} { ${sender} } accept`),
  ];
}

/**
 * The sets that `sender_<br>` fills; what is in them is the kernel's memory, and stays when the rules are written again.
 *
 * @param names The bridge's names.
 * @returns Each set's name and what follows it, as nft takes it.
 */
export function senderSets({ senders, newcomers }: BridgeNames): readonly (readonly [name: string, spec: string])[] {
  const spec = (type: string) => `{ type ${type} ; flags dynamic, timeout ; timeout 1h ; size 65535 ; }`;
  return [[senders, spec("ifname . ipv4_addr")], [newcomers, spec("ifname")]];
}

function hexOf(address: string): string {
  return `0x${address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0")).join("")}`;
}
