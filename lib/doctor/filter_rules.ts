/**
 * What a chain of nft decides for a packet, as far as its rules can be understood. Pure.
 *
 * @module
 */

import { field } from "../nft/listing.ts";

/** The properties of a packet by the names that nft has for them. */
export type Packet = Readonly<Record<string, string | number>>;

/** What a chain decides: `none` if its policy does, `unknown` if nobody can tell. */
export type Verdict = "accept" | "drop" | "none" | "unknown";

/** Jumps may be this deep in the kernel. */
const DEEPEST = 16;

/** Statements that match, or decide, in a way that is not known here. */
const STRANGE = ["limit", "xt", "vmap", "lookup", "queue", "fwd", "synproxy"];

/**
 * Follows a chain and those that it jumps to.
 *
 * @param rules The expressions of the rules of each chain, by family, table and name.
 * @param key The chain.
 * @param packet The packet.
 * @param depth How many jumps have led to the chain.
 * @returns What is decided, and the chain that decides.
 */
export function walk(
  rules: ReadonlyMap<string, unknown[]>,
  key: string,
  packet: Packet,
  depth = 0,
): [Verdict, string] {
  for (const expressions of rules.get(key) ?? []) {
    if (!Array.isArray(expressions)) continue;
    const each = expressions.map((expression) => matches(expression, packet));
    if (each.includes(false)) continue;
    const isSure = !each.includes(undefined);
    const [verdict, where] = verdictOf(expressions.at(-1), rules, key, packet, depth);
    if (verdict === "none") continue;
    if (isSure || verdict === "unknown") return verdict === "return" ? ["none", key] : [verdict, where];
    if (verdict !== "drop") return ["unknown", key];
  }
  return ["none", key];
}

/** What a rule decides for a packet that it matches; `none` if the next one decides. */
function verdictOf(
  last: unknown,
  rules: ReadonlyMap<string, unknown[]>,
  key: string,
  packet: Packet,
  depth: number,
): [Verdict | "return", string] {
  const is = (...names: string[]) => names.some((name) => Object.hasOwn(Object(last), name));
  if (is("accept")) return ["accept", key];
  if (is("drop", "reject")) return ["drop", key];
  if (is("return")) return ["return", key];
  if (is(...STRANGE)) return ["unknown", key];
  const goto = field(field(last, "goto"), "target");
  const target = field(field(last, "jump"), "target") ?? goto;
  if (target === undefined) return ["none", key];
  if (depth >= DEEPEST) return ["unknown", key];
  const table = key.split(" ").slice(0, 2).join(" ");
  const found = walk(rules, `${table} ${target}`, packet, depth + 1);
  return found[0] === "none" && goto !== undefined ? ["return", key] : found;
}

/**
 * Whether an expression holds for a packet; `undefined` if that is not known. What is neither a match nor a verdict,
 * such as a counter, always holds.
 */
function matches(expression: unknown, packet: Packet): boolean | undefined {
  const match = field(expression, "match");
  if (match === undefined) return STRANGE.some((key) => field(expression, key) !== undefined) ? undefined : true;
  const [left, right, op] = [field(match, "left"), field(match, "right"), field(match, "op")];
  const name = nameOf(left);
  const value = name === undefined ? undefined : packet[name];
  const isIn = value === undefined ? undefined : holds(value, right);
  if (isIn === undefined) return undefined;
  return op === "==" || op === "in" ? isIn : op === "!=" ? !isIn : undefined;
}

/** The part of a packet that an expression names; `undefined` if it is not known here. */
function nameOf(left: unknown): string | undefined {
  const meta = field(field(left, "meta"), "key");
  if (typeof meta === "string") return meta;
  if (field(field(left, "ct"), "key") === "state") return "state";
  const payload = field(left, "payload");
  const [protocol, name] = [field(payload, "protocol"), field(payload, "field")];
  if (protocol === "ether" && name === "type") return "protocol";
  if (protocol === "ip" && name === "protocol") return "l4proto";
  return (protocol === "ip" || protocol === "tcp") && typeof name === "string" && name !== "flags" ? name : undefined;
}

/** Whether a value is one of those on the right side; `undefined` if that is of a form that is not known here. */
function holds(value: string | number, right: unknown): boolean | undefined {
  // A name that ends with "*" stands for many.
  if (typeof right === "string" && right.endsWith("*")) return String(value).startsWith(right.slice(0, -1));
  if (typeof right === "string" || typeof right === "number") return String(right) === String(value);
  const set = Array.isArray(right) ? right : field(right, "set");
  if (Array.isArray(set)) {
    const each = set.map((item) => holds(value, item));
    return each.includes(true) ? true : each.includes(undefined) ? undefined : false;
  }
  const range = field(right, "range");
  if (Array.isArray(range) && typeof value === "number") return Number(range[0]) <= value && value <= Number(range[1]);
  return undefined;
}
