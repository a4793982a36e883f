/**
 * Telling whether a chain, or a table, holds what it held when it was made. Pure.
 *
 * WHY not compared with the rules as they were written: each version of nft lists a rule in words of its own, `ether type
 * 8021q vlan id 0` as `vlan id 0` for example. So what nft lists is compared with what the same nft has listed right after
 * the transaction.
 *
 * @module
 */

import { hashDigits } from "../hash.ts";
import { field, parseListing } from "./listing.ts";
import { parseTable } from "./parse.ts";

/** What there is of `table bridge one_tproxy`. */
export interface BridgeTable {
  /** What is in each chain, by the chain's name. */
  readonly chains: ReadonlyMap<string, Content>;
  /** The elements of each set of names or of ports, by the set's name. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

/** What there is of a chain, or of a table. */
export interface Content {
  /** How many rules it has. */
  readonly rules: number;
  /** 16 hexadecimal digits that differ if and only if the hook, the policy or a rule does; of a table, anything but elements. */
  readonly fingerprint: string;
}

/**
 * Reads the answer of `nft -j list table`.
 *
 * @param json What nft printed.
 * @returns What is in its chains and sets.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function readTable(json: string): BridgeTable {
  const texts = new Map<string, string[]>();
  for (const item of parseListing(json)) {
    const chain = field(item, "chain");
    const rule = field(item, "rule");
    if (chain !== undefined) texts.set(String(field(chain, "name")), [canonical(chain)]);
    else if (rule !== undefined) texts.get(String(field(rule, "chain")))?.push(canonical(field(rule, "expr")));
  }
  const chains = [...texts].map(([name, [chain = "", ...rules]]): [string, Content] => {
    return [name, { rules: rules.length, fingerprint: hashDigits([chain, ...rules].join("\n"), 16) }];
  });
  const sets = parseTable(json).filter(({ kind }) => kind === "set").map(({ name, elements }) =>
    [name, elements] as const
  );
  return { chains: new Map(chains), sets: new Map(sets) };
}

/**
 * Reads the answer of `nft -j list table` for a table that is ours as a whole.
 *
 * @param json What nft printed.
 * @returns What is in it, whatever elements its sets have.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function fingerprintTable(json: string): Content {
  const items = parseListing(json);
  const parts = items.map((item): [key: string, text: string] => {
    const [rule, set] = [field(item, "rule"), field(item, "set")];
    const text = canonical(set === undefined ? item : { set: { ...set, elem: undefined } });
    return [rule === undefined ? text : `rule ${JSON.stringify(field(rule, "chain"))}`, text];
  });
  // The sort is stable: the rules of one chain stay in their order. Of all else nft may change it.
  const texts = parts.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, text]) => text);
  const rules = items.filter((item) => field(item, "rule") !== undefined).length;
  return { rules, fingerprint: hashDigits(texts.join("\n"), 16) };
}

/** What changes while a rule stays the same: numbers that the kernel gives out, and what it counts. */
const CHANGING: ReadonlySet<string> = new Set(["handle", "index", "packets", "bytes", "used"]);

/** A value as text, the same however the kernel happens to order a set. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, value) => {
    if (CHANGING.has(key)) return undefined;
    return key === "set" && Array.isArray(value) ? value.map((item) => JSON.stringify(item)).toSorted() : value;
  });
}
