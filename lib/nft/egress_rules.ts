/**
 * The egress rules: they limit what the proxies can send, even if Deno's sandbox has failed. Outer may open connections
 * to the services in the maps. An inner may answer guests. Neither may open any other connection. Pure.
 *
 * WHY not conntrack: the rules match single packets, so the host need not track connections for them. Every TCP
 * connection begins with a SYN, so the rules decide on SYNs only. All other segments belong to a connection that was
 * allowed before. A stream to a service that has been removed therefore goes on to its end.
 *
 * WHY the rules of inners are in the host namespace: everything that leaves a bridge's namespace enters the bridge at
 * the veth end. One table therefore covers the inners of all bridges, and no process inside a namespace can change it.
 *
 * @module
 */

import { GUEST_ADDRESS } from "../names.ts";

/** What the proxies are held to. */
export interface Egress {
  /** The services that outer may dial, as nft writes them: `10.11.12.13 . 5030`. */
  readonly remotes: ReadonlySet<string>;
  /** The veth ends at which the packets of inners enter their bridges. */
  readonly innerEnds: ReadonlySet<string>;
}

/** No service may be dialled, and no veth end is covered. */
export const NO_EGRESS: Egress = { remotes: new Set(), innerEnds: new Set() };

/** A rule: its match, its verdict and a comment for people. */
export interface EgressRule {
  /** The chain that the rule is in. */
  readonly chain: string;
  /** What it matches; empty for everything. */
  readonly match: string;
  /** What happens to a packet that matches. */
  readonly verdict: string;
  /** The purpose of the rule, or the name by which `dropped.ts` tells what it has dropped; letters, digits, `'`, `-` and spaces. */
  readonly comment: string;
}

/** A table. It has one set, one chain at a hook, and the chain that this one jumps to. */
export interface EgressTable {
  /** Its family; the name is the same for all. */
  readonly family: "inet" | "bridge";
  /** The set's name. */
  readonly set: string;
  /** The set's type. */
  readonly type: string;
  /** The set's elements, as nft takes them. */
  readonly elements: readonly string[];
  /** The hook, and the name of the chain there. */
  readonly hook: "output" | "prerouting";
  /** All rules, those of one chain in their order. */
  readonly rules: readonly EgressRule[];
}

/** ICMP types that the kernel sends. A program would need a raw socket for them, and a proxy lacks that capability. */
const KERNEL_ANSWERS = "echo-reply, destination-unreachable, time-exceeded, parameter-problem";

const SYN_ONLY = "tcp flags & (syn | ack) == syn";

/**
 * Lists the rules of outer's table.
 *
 * WHY user or group: the group is always outer's own, but the user is not if the configuration names one. Any other
 * process pays two comparisons for each packet it sends.
 *
 * WHY a SYN with ACK is rejected: it accepts a connection, and outer accepts no TCP connections.
 */
function outerTable(outer: number, remotes: Iterable<string>): EgressTable {
  const isOuter = (key: string) => ({
    chain: "output",
    match: `meta ${key} ${outer}`,
    verdict: "jump outer",
    comment: `${key} ${outer} is the outer proxy`,
  });
  const rule = (match: string, verdict: string, comment: string) => ({ chain: "outer", match, verdict, comment });
  return {
    family: "inet",
    set: "remotes",
    type: "ipv4_addr . inet_service",
    elements: [...remotes],
    hook: "output",
    rules: [
      rule("meta nfproto ipv4 tcp flags & syn == 0", "accept", "connections that were allowed go on"),
      rule(`ip daddr . tcp dport @remotes ${SYN_ONLY}`, "accept", "the services in the maps"),
      // Only a reset makes connect(2) fail at once.
      rule(SYN_ONLY, "counter reject with tcp reset", "outer-connects"),
      rule("", "counter reject with icmpx type admin-prohibited", "outer-sends"),
      isOuter("skuid"),
      isOuter("skgid"),
    ],
  };
}

/** Lists the rules of the table for all inners. */
function innerTable(ends: Iterable<string>): EgressTable {
  const from = `ip saddr ${GUEST_ADDRESS}`;
  const rule = (match: string, verdict: string, comment: string) => ({ chain: "inner", match, verdict, comment });
  return {
    family: "bridge",
    set: "inner_ends",
    type: "ifname",
    elements: [...ends].map((name) => `"${name}"`),
    hook: "prerouting",
    rules: [
      rule("ether type arp", "accept", "ARP"),
      rule(`${from} ${SYN_ONLY}`, "counter drop", "inner-connects"),
      rule(`${from} meta l4proto tcp`, "accept", "what it answers"),
      rule(`${from} icmp type { ${KERNEL_ANSWERS} }`, "accept", "the kernel's own answers"),
      // Only the first fragment of a long echo reply has the ICMP type.
      rule(`${from} ip frag-off & 0x1fff != 0`, "accept", "the rest of a long answer"),
      rule("", "counter drop", "inner-sends"),
      { chain: "prerouting", match: "iifname @inner_ends", verdict: "jump inner", comment: "what inner proxies send" },
    ],
  };
}

/**
 * Lists the egress tables.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @returns Outer's table and the inners'.
 */
export function tablesFor(outer: number, { remotes, innerEnds }: Egress): readonly EgressTable[] {
  return [outerTable(outer, remotes), innerTable(innerEnds)];
}
