/**
 * How many packets our rules have dropped. Pure.
 *
 * A rule that drops has a counter, and a comment that names it. The counts are gone when the rules are applied again.
 *
 * @module
 */

import { BRIDGE_NAME, type BridgeName } from "../names.ts";
import { field, parseListing } from "./listing.ts";

/** What one rule has dropped. */
export interface Dropped {
  /** The rule's name. */
  readonly rule: string;
  /** The bridge; `undefined` for a rule of all bridges. */
  readonly bridge?: BridgeName;
  /** How many packets, since the rule was applied. */
  readonly packets: number;
}

/** The names of rules. Somebody else may have put rules into our tables. */
const RULE_NAME = /^[a-z][a-z-]{2,40}$/;

/** The chains with such rules. */
const CHAIN_OF_BRIDGE = /^(?:guard|port|sender)_(.*)$/;

/**
 * Renders the end of a rule that drops.
 *
 * @param name The rule's name: small letters and "-".
 * @param verdict What happens to a packet that matches.
 * @returns What follows the match.
 */
export function countedDrop(name: string, verdict = "drop"): string {
  return `counter ${verdict} comment "${name}"`;
}

/**
 * Finds what the rules of a table have dropped.
 *
 * @param json What `nft -j list table` printed.
 * @returns The counts of all rules with a counter and a name, in the table's order. Rules of one bridge with the same
 * name are counted together.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function parseDropped(json: string): Dropped[] {
  const all = new Map<string, Dropped>();
  for (const item of parseListing(json)) {
    const rule = field(item, "rule");
    const [name, chain, expressions] = ["comment", "chain", "expr"].map((key) => field(rule, key));
    if (typeof name !== "string" || !RULE_NAME.test(name) || !Array.isArray(expressions)) continue;
    const packets = expressions.map((expression) => field(field(expression, "counter"), "packets"))
      .find((packets) => typeof packets === "number");
    const bridge = CHAIN_OF_BRIDGE.exec(String(chain))?.[1];
    if (packets === undefined || (bridge !== undefined && !BRIDGE_NAME.test(bridge))) continue;
    const [key, of] = [`${name} ${bridge}`, bridge === undefined ? {} : { bridge: bridge as BridgeName }];
    all.set(key, { rule: name, packets: packets + (all.get(key)?.packets ?? 0), ...of });
  }
  return [...all.values()];
}
