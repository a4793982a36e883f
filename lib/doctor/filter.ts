/**
 * Whether rules of somebody else, such as OpenNebula's security groups, drop a guest's connection to the proxy. Pure.
 *
 * It follows chains as the kernel does: those of the family bridge, and those of ip and inet if the bridge hands its
 * packets to them, too. A rule with a match that it does not know may decide or not. If it would drop, it is passed
 * over; if it would let the packet go on, nothing is known of the rest. So a drop may be missed, and none is named that
 * is not there.
 *
 * @module
 */

import { EGRESS, GUEST_ADDRESS, TPROXY } from "../names.ts";
import { field, parseListing } from "../nft/listing.ts";
import { walk } from "./filter_rules.ts";

/** A guest's connection. */
export interface Connection {
  /** The guest's port of the bridge. */
  readonly from: string;
  /** Our veth end. */
  readonly to: string;
  /** The bridge. */
  readonly bridge: string;
  /** The service port. */
  readonly port: number;
  /** Whether IPv4 packets on bridges pass the chains of IPv4 (net.bridge.bridge-nf-call-iptables). */
  readonly callsIptables: boolean;
}

/** A rule that drops it. */
export interface Drop {
  /** The chain, as `nft list chain` takes it. */
  readonly chain: string;
  /** What the guest does when it drops: sends or gets. */
  readonly verb: "sends" | "gets";
  /** The way that a rule of a security group should let through. */
  readonly way: "out" | "in";
}

/**
 * Finds a rule that drops the first packet of a connection, or its answer.
 *
 * @param ruleset What `nft -j list ruleset` printed.
 * @param connection The connection.
 * @returns The rule's chain; `undefined` if none is found.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function findDrop(ruleset: string, { from, to, bridge, port, callsIptables }: Connection): Drop | undefined {
  const families = callsIptables ? ["bridge", "ip", "inet"] : ["bridge"];
  const rules = new Map<string, unknown[]>();
  const bases: { key: string; hook: unknown; policy: unknown; priority: number; isBridge: boolean }[] = [];
  for (const item of parseListing(ruleset)) {
    const [chain, rule] = [field(item, "chain"), field(item, "rule")];
    const body = chain ?? rule;
    const [family, table] = ["family", "table"].map((key) => String(field(body, key)));
    if (!families.includes(family ?? "") || [TPROXY, EGRESS].includes(table ?? "")) continue;
    if (chain === undefined) rules.get(keyOf(body, field(body, "chain")))?.push(field(body, "expr"));
    else {
      const key = keyOf(chain, field(chain, "name"));
      rules.set(key, []);
      const [hook, policy] = [field(chain, "hook"), field(chain, "policy")];
      const priority = Number(field(chain, "prio") ?? 0);
      if (hook !== undefined) bases.push({ key, hook, policy, priority, isBridge: family === "bridge" });
    }
  }
  const common = { protocol: "ip", nfproto: "ipv4", l4proto: "tcp", ibrname: bridge, obrname: bridge };
  const out = { ...common, iifname: from, oifname: to, daddr: GUEST_ADDRESS, dport: port, state: "new" };
  const back = { ...common, iifname: to, oifname: from, saddr: GUEST_ADDRESS, sport: port, state: "established" };
  // The chains of IPv4 see the bridge in place of its ports.
  const routed = { iifname: bridge, oifname: bridge };
  for (const { key, hook, policy, isBridge } of bases.toSorted((a, b) => a.priority - b.priority)) {
    if (hook !== "prerouting" && hook !== "forward") continue;
    for (const [packet, verb, way] of [[out, "sends", "out"], [back, "gets", "in"]] as const) {
      const [verdict, where] = walk(rules, key, isBridge ? packet : { ...packet, ...routed });
      if (verdict === "drop") return { chain: where, verb, way };
      if (verdict === "none" && policy === "drop") return { chain: key, verb, way };
    }
  }
  return undefined;
}

function keyOf(body: unknown, chain: unknown): string {
  return `${field(body, "family")} ${field(body, "table")} ${chain}`;
}
