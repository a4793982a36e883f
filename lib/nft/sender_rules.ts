/**
 * The rules that limit from how many addresses one port may send to the proxy. They fill two of the shared sets. Pure.
 *
 * @module
 */

import { GUEST_ADDRESS, PROBE_ADDRESS, PROBE_PORT, SHARED_SETS } from "../names.ts";
import { countedDrop } from "./dropped.ts";

/** How many addresses a guest may use towards the proxy: 64 at once, and 64 new ones an hour. */
const NEWCOMERS = "limit rate over 64/hour burst 64 packets";

/**
 * Lists the rules that limit from how many addresses one port may send to the proxy.
 *
 * WHY a limit: the limits on streams count by address, and the kernel keeps every address that the namespace answers in
 * a neighbour table that all namespaces share.
 *
 * WHY by port: the port is the one property of a guest that the guest can't forge. A port is on one bridge only, so the
 * bridges can share the sets.
 *
 * @returns The rules of `sender_<br>`, to which `port_<br>` jumps; the same for each bridge.
 */
export function senderRules(): string[] {
  const { senders, newcomers } = SHARED_SETS;
  const [ip, arp] = ["iifname . ip saddr", "iifname . arp saddr ip"];
  return [
    // The namespace has no other address. It makes no neighbour entry for packets to another one.
    `ip daddr != ${GUEST_ADDRESS} ${countedDrop("other-address")}`,
    // A proxy knows the probe by its address and doesn't count it, so no guest may have the address.
    ...["ip saddr", "arp saddr ip"].map((sender) =>
      `${sender} ${PROBE_ADDRESS} iifname != "${PROBE_PORT}" ${countedDrop("probe-address")}`
    ),
    `arp daddr ip != ${GUEST_ADDRESS} accept`,
    ...[ip, arp].map((sender) => `${sender} @${senders} accept`),
    // The probe leaves nothing behind.
    ...["ip saddr", "arp saddr ip"].map((sender) => `${sender} ${PROBE_ADDRESS} accept`),
    // An address expires after an hour and counts as new again, so one port never has more than 128 addresses.
    `update @${newcomers} { iifname ${NEWCOMERS} } ${countedDrop("too-many-addresses")}`,
    ...[ip, arp].map((sender) => `add @${senders} { ${sender} } accept`),
  ];
}
