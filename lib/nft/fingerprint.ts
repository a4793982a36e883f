/**
 * Fingerprints of chains and tables, which show whether somebody has changed them. Pure.
 *
 * WHY not compared with the rules as we write them: each version of nft lists a rule in its own words, for example
 * `ether type 8021q vlan id 0` as `vlan id 0`. A listing is therefore compared with the one that the same nft printed
 * right after the transaction.
 *
 * @module
 */

import { hashDigits } from "../hash.ts";
import { TPROXY } from "../names.ts";
import type { TableObject } from "./bridge_script.ts";
import { field, parseListing } from "./listing.ts";
import { toObjects } from "./parse_tables.ts";

/** The contents of `table bridge one_tproxy`. */
export interface BridgeTable {
  /** The content of each chain, by the chain's name. */
  readonly chains: ReadonlyMap<string, Content>;
  /** The elements of each set of names or of ports, by the set's name. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  /** Somebody has turned the table off. A listing of chains does not show that. */
  readonly isDormant?: true;
}

/** The contents of a table that does not exist. */
export const NO_TABLE: BridgeTable = { chains: new Map(), sets: new Map() };

/** The content of a chain or of a table. */
export interface Content {
  /** How many rules it has. */
  readonly rules: number;
  /**
   * 16 hexadecimal digits. For a chain, they differ if the hook, the policy or a rule differs. For a table, they differ
   * if anything but the elements of its sets differs.
   */
  readonly fingerprint: string;
}

/**
 * Parses the answer of `nft -j list table`.
 *
 * @param json What nft printed.
 * @returns The contents of its chains and sets.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function readTable(json: string): BridgeTable {
  return toTable(parseListing(json));
}

/**
 * Finds the contents of `table bridge one_tproxy` in a listing.
 *
 * @param items The items of the listing, which may be of other tables as well.
 * @returns The contents of its chains and sets.
 */
export function toTable(items: readonly object[]): BridgeTable {
  const ours = items.filter((item) => Object.values(item).some(isInBridgeTable));
  const texts = new Map<string, string[]>();
  for (const item of ours) {
    const chain = field(item, "chain");
    const rule = field(item, "rule");
    if (chain !== undefined) texts.set(String(field(chain, "name")), [canonical(chain)]);
    else if (rule !== undefined) texts.get(String(field(rule, "chain")))?.push(canonical(field(rule, "expr")));
  }
  const chains = [...texts].map(([name, [chain = "", ...rules]]): [string, Content] => {
    return [name, { rules: rules.length, fingerprint: hashDigits([chain, ...rules].join("\n"), 16) }];
  });
  return { chains: new Map(chains), sets: setsOf(toObjects(ours)), ...flagsIn(items) };
}

/**
 * Finds out whether somebody has turned the table off.
 *
 * @param items The items of a listing that has tables.
 * @returns What is added to the contents of the table.
 */
export function flagsIn(items: readonly object[]): Pick<BridgeTable, "isDormant"> {
  // Nobody gives the table another flag. nft 1.0.6 prints a wrong word for this one.
  const isDormant = items.map((item) => field(item, "table")).some((table) =>
    field(table, "family") === "bridge" && field(table, "name") === TPROXY && field(table, "flags") !== undefined
  );
  return isDormant ? { isDormant } : {};
}

/**
 * Brings the contents of the table up to date while nobody has changed a rule.
 *
 * @param former The contents when the rules were listed.
 * @param objects The chains and sets that there are now.
 * @returns The sets as they are now, the former contents of the chains that are still there, and whether it was dormant.
 */
export function refreshTable(former: BridgeTable, objects: readonly TableObject[]): BridgeTable {
  const present = new Set(objects.filter(({ kind }) => kind === "chain").map(({ name }) => name));
  const chains = new Map([...former.chains].filter(([name]) => present.has(name)));
  return { ...former, chains, sets: setsOf(objects) };
}

function setsOf(objects: readonly TableObject[]): Map<string, readonly string[]> {
  return new Map(objects.filter(({ kind }) => kind === "set").map(({ name, elements }) => [name, elements]));
}

/** Tells whether something in a listing belongs to `table bridge one_tproxy`. */
export function isInBridgeTable(body: unknown): boolean {
  return field(body, "family") === "bridge" && field(body, "table") === TPROXY;
}

/**
 * Takes the fingerprint of a whole table from the answer of `nft -j list table`.
 *
 * @param json What nft printed.
 * @returns The content of the table, without the elements of its sets.
 * @throws {import("../errors.ts").KernelStateError} If it is not a listing.
 */
export function fingerprintTable(json: string): Content {
  const items = parseListing(json);
  const parts = items.map((item): [key: string, text: string] => {
    const [rule, set] = [field(item, "rule"), field(item, "set")];
    const text = canonical(set === undefined ? item : { set: { ...set, elem: undefined } });
    return [rule === undefined ? text : `rule ${JSON.stringify(field(rule, "chain"))}`, text];
  });
  // The sort is stable, so the rules of one chain keep their order. nft may change the order of everything else.
  const texts = parts.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, text]) => text);
  const rules = items.filter((item) => field(item, "rule") !== undefined).length;
  return { rules, fingerprint: hashDigits(texts.join("\n"), 16) };
}

/** Fields that change while a rule stays the same: handles and counters of the kernel. */
const CHANGING: ReadonlySet<string> = new Set(["handle", "index", "packets", "bytes", "used"]);

/** Renders a value as text. The text does not depend on the order in which the kernel lists a set. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, value) => {
    if (CHANGING.has(key)) return undefined;
    return key === "set" && Array.isArray(value) ? value.map((item) => JSON.stringify(item)).toSorted() : value;
  });
}
