/**
 * Whether rules of somebody else, such as OpenNebula's security groups, drop a guest's connection to the proxy. Pure.
 *
 * It follows chains of the families bridge and inet as the kernel does. What it does not understand decides nothing: a
 * rule with a match that it does not know is passed over, so it may miss a drop, but names none that is not there.
 *
 * @module
 */

import { EGRESS, GUEST_ADDRESS, TPROXY } from "../names.ts";
import { field, parseListing } from "../nft/listing.ts";

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

type Packet = Readonly<Record<string, string | number>>;
type Verdict = "accept" | "drop" | "return" | "none";

/** Jumps may be this deep in the kernel. */
const DEEPEST = 16;

/**
 * Finds a rule that drops the first packet of a connection, or its answer.
 *
 * @param ruleset What `nft -j list ruleset` printed.
 * @param connection The connection.
 * @returns The rule's chain; `undefined` if none is found.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function findDrop(ruleset: string, { from, to, bridge, port }: Connection): Drop | undefined {
  const rules = new Map<string, unknown[]>();
  const bases: { key: string; hook: unknown; policy: unknown; priority: number }[] = [];
  for (const item of parseListing(ruleset)) {
    const [chain, rule] = [field(item, "chain"), field(item, "rule")];
    const body = chain ?? rule;
    if (field(body, "family") !== "bridge" || [TPROXY, EGRESS].includes(String(field(body, "table")))) continue;
    if (chain === undefined) rules.get(keyOf(body, field(body, "chain")))?.push(field(body, "expr"));
    else {
      const key = keyOf(chain, field(chain, "name"));
      rules.set(key, []);
      const [hook, policy] = [field(chain, "hook"), field(chain, "policy")];
      if (hook !== undefined) bases.push({ key, hook, policy, priority: Number(field(chain, "prio") ?? 0) });
    }
  }
  const common = { protocol: "ip", l4proto: "tcp", ibrname: bridge, obrname: bridge };
  const out = { ...common, iifname: from, oifname: to, daddr: GUEST_ADDRESS, dport: port, flags: "syn" };
  const back = { ...common, iifname: to, oifname: from, saddr: GUEST_ADDRESS, sport: port, flags: "syn,ack" };
  for (const { key, hook, policy } of bases.toSorted((a, b) => a.priority - b.priority)) {
    if (hook !== "prerouting" && hook !== "forward") continue;
    for (const [packet, verb, way] of [[out, "sends", "out"], [back, "gets", "in"]] as const) {
      const [verdict, where] = walk(rules, key, packet, 0);
      if (verdict === "drop") return { chain: where, verb, way };
      if (verdict === "none" && policy === "drop") return { chain: key, verb, way };
    }
  }
  return undefined;
}

function keyOf(body: unknown, chain: unknown): string {
  return `${field(body, "family")} ${field(body, "table")} ${chain}`;
}

function walk(rules: ReadonlyMap<string, unknown[]>, key: string, packet: Packet, depth: number): [Verdict, string] {
  for (const expressions of rules.get(key) ?? []) {
    if (!Array.isArray(expressions) || !expressions.every((expression) => matches(expression, packet))) continue;
    const last = expressions.at(-1);
    for (const verdict of ["accept", "drop", "return"] as const) {
      if (Object.hasOwn(Object(last), verdict)) return [verdict, key];
    }
    if (Object.hasOwn(Object(last), "reject")) return ["drop", key];
    const jump = field(field(last, "jump") ?? field(last, "goto"), "target");
    if (jump === undefined || depth >= DEEPEST) continue;
    const [table] = [key.split(" ").slice(0, 2).join(" ")];
    const found = walk(rules, `${table} ${jump}`, packet, depth + 1);
    if (found[0] === "accept" || found[0] === "drop") return found;
    if (field(last, "goto") !== undefined) return ["none", key];
  }
  return ["none", key];
}

/** Whether an expression holds for a packet. What is neither a match nor a verdict, such as a counter, always holds. */
function matches(expression: unknown, packet: Packet): boolean {
  const match = field(expression, "match");
  if (match === undefined) {
    return ["limit", "xt", "vmap", "lookup"].every((key) => field(expression, key) === undefined);
  }
  const [left, right, op] = [field(match, "left"), field(match, "right"), field(match, "op")];
  const name = nameOf(left);
  const value = name === undefined ? undefined : packet[name];
  if (value === undefined) return false;
  const isIn = holds(value, right);
  if (isIn === undefined) return false;
  return op === "==" || op === "in" ? isIn : op === "!=" ? !isIn : false;
}

/** The part of a packet that an expression names; `undefined` if it is not known here. */
function nameOf(left: unknown): string | undefined {
  const meta = field(field(left, "meta"), "key");
  if (typeof meta === "string") return meta;
  const payload = field(left, "payload");
  const [protocol, name] = [field(payload, "protocol"), field(payload, "field")];
  if (protocol === "ether" && name === "type") return "protocol";
  if (protocol === "ip" && name === "protocol") return "l4proto";
  return (protocol === "ip" || protocol === "tcp") && typeof name === "string" && name !== "flags" ? name : undefined;
}

/** Whether a value is one of those on the right side; `undefined` if that is of a form that is not known here. */
function holds(value: string | number, right: unknown): boolean | undefined {
  if (typeof right === "string" || typeof right === "number") return String(right) === String(value);
  const set = field(right, "set");
  if (Array.isArray(set)) {
    const each = set.map((item) => holds(value, item));
    return each.includes(true) ? true : each.includes(undefined) ? undefined : false;
  }
  const range = field(right, "range");
  if (Array.isArray(range) && typeof value === "number") return Number(range[0]) <= value && value <= Number(range[1]);
  return undefined;
}
