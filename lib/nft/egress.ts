/**
 * The rules that hold the proxies to what they are for, whatever has become of Deno's sandbox: outer opens connections to
 * the services in the maps, an inner answers guests, and neither opens anything else. Pure.
 *
 * WHY not conntrack: the rules look at single packets, so that no host has to track connections on their account. A TCP
 * connection can't come about without a SYN, so only those are judged; all other segments belong to a connection that was
 * allowed once, and a stream to a service that has been removed goes on to its end.
 *
 * WHY an inner's rules are in the host: all that leaves its namespace comes in at the bridge by the veth end, so one table
 * holds all bridges' inners, and nothing inside a namespace can change it.
 *
 * @module
 */

import { EGRESS, GUEST_ADDRESS } from "../names.ts";

/** What the proxies are held to. */
export interface Egress {
  /** The services that outer may dial, as nft writes them: `10.11.12.13 . 5030`. */
  readonly remotes: ReadonlySet<string>;
  /** The veth ends by which what inners send comes in at their bridges. */
  readonly innerEnds: ReadonlySet<string>;
}

/** Nobody is served. */
export const NO_EGRESS: Egress = { remotes: new Set(), innerEnds: new Set() };

/** A rule: what it matches, what becomes of a packet, and a comment for people. */
export interface EgressRule {
  /** The chain that it is in. */
  readonly chain: string;
  /** What it matches; empty for everything. */
  readonly match: string;
  /** What becomes of the packet. */
  readonly verdict: string;
  /** What it is for, in letters, digits, `'` and spaces. */
  readonly comment: string;
}

/** A table, which has one set, one chain at a hook, and the chain that it leads to. */
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

/** What no program can send but by a raw socket, for which a proxy lacks the capability. */
const KERNEL_ANSWERS = "echo-reply, destination-unreachable, time-exceeded, parameter-problem";

const SYN_ONLY = "tcp flags & (syn | ack) == syn";

/**
 * Outer's table.
 *
 * WHY user or group: the user is outer's own unless the configuration names one; the group always is. A process that is
 * neither's costs two comparisons for each packet it sends.
 *
 * WHY a SYN with ACK is rejected with everything else: it would accept a connection, and outer accepts none by TCP.
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
      // Only a reset tells connect(2) at once that nothing will come of it.
      rule(SYN_ONLY, "reject with tcp reset", "no other connection"),
      rule("", "reject with icmpx type admin-prohibited", "nothing else"),
      isOuter("skuid"),
      isOuter("skgid"),
    ],
  };
}

/** The inners' table. */
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
      rule(`${from} ${SYN_ONLY}`, "drop", "an inner proxy opens no connection"),
      rule(`${from} meta l4proto tcp`, "accept", "what it answers"),
      rule(`${from} icmp type { ${KERNEL_ANSWERS} }`, "accept", "the kernel's own answers"),
      // Only the first fragment of a long answer to a ping has the type.
      rule(`${from} ip frag-off & 0x1fff != 0`, "accept", "the rest of a long answer"),
      rule("", "drop", "nothing else"),
      { chain: "prerouting", match: "iifname @inner_ends", verdict: "jump inner", comment: "what inner proxies send" },
    ],
  };
}

/**
 * Tells what the tables should be.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @returns Outer's table and the inners'.
 */
export function tablesFor(outer: number, { remotes, innerEnds }: Egress): readonly EgressTable[] {
  return [outerTable(outer, remotes), innerTable(innerEnds)];
}

/**
 * Renders the transaction that makes the tables hold exactly this, whatever they held.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @returns A script for `nft -f -`.
 */
export function renderEgress(outer: number, egress: Egress): string {
  return tablesFor(outer, egress).map(({ family, set, type, elements, hook, rules }) => {
    const name = `${family} ${EGRESS}`;
    const chains = new Set(rules.map(({ chain }) => chain));
    return [
      // Added first, so that there is one to delete. Nobody ever sees the state in between.
      `add table ${name}`,
      `delete table ${name}`,
      `add table ${name}`,
      `add set ${name} ${set} { type ${type} ; }`,
      ...(elements.length === 0 ? [] : [`add element ${name} ${set} { ${elements.join(", ")} }`]),
      ...[...chains].map((chain) =>
        `add chain ${name} ${chain}${
          chain === hook ? ` { type filter hook ${hook} priority filter ; policy accept ; }` : ""
        }`
      ),
      ...rules.map(({ chain, match, verdict, comment }) =>
        `add rule ${name} ${chain} ${match} ${verdict} comment "${comment}"`.replaceAll("  ", " ")
      ),
    ];
  }).flat().map((line) => `${line}\n`).join("");
}

/**
 * Renders the transaction that removes the tables.
 *
 * @returns A script for `nft -f -`; a table that is not there is fine.
 */
export function renderNoEgress(): string {
  return (["inet", "bridge"] as const)
    .map((family) => `add table ${family} ${EGRESS}\ndelete table ${family} ${EGRESS}\n`).join("");
}
