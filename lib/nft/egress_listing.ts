/**
 * What `nft -j list table` says of the rules that hold the proxies to what they are for. Pure.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { type Egress, type EgressTable, tablesFor } from "./egress.ts";
import { field, parseListing, valueOf } from "./listing.ts";

/** What an element of ours can be; whatever else is in a set has been put there by somebody, and never gets into a script. */
const ELEMENT = /^(?:\d{1,3}(?:\.\d{1,3}){3} \. \d{1,5}|[\w.~-]{1,15})$/;

/** What there is of the tables. */
export interface PresentEgress extends Egress {
  /** Whether one of the tables is there. */
  readonly exists: boolean;
  /** Whether both tables are there with the chains and rules that they should have. */
  readonly intact: boolean;
}

/**
 * Reads what `nft -j list table` says of the two tables.
 *
 * WHY a rule is compared by its place, its verdict and its comment, and not by what it matches: each version of nft writes
 * a match in another way.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft printed of the `inet` and the `bridge` table; `undefined` for one that does not exist.
 * @returns What they hold.
 * @throws {KernelStateError} If one is not a listing.
 */
export function parseEgress(
  outer: number,
  listings: Readonly<Record<"inet" | "bridge", string | undefined>>,
): PresentEgress {
  const exists = listings.inet !== undefined || listings.bridge !== undefined;
  let intact = true;
  const [remotes = new Set<string>(), innerEnds = new Set<string>()] = tablesFor(outer, NONE).map((table) => {
    const json = listings[table.family];
    const items = json === undefined ? [] : parseListing(json);
    const elements = elementsOf(items, table.set);
    const known = elements.filter((element) => ELEMENT.test(element));
    intact &&= sameTexts(describeItems(items), describeTable(table)) && known.length === elements.length;
    return new Set(known);
  });
  return { remotes, innerEnds, exists, intact };
}

const NONE: Egress = { remotes: new Set(), innerEnds: new Set() };

function elementsOf(items: readonly object[], name: string): string[] {
  const set = items.map((item) => field(item, "set")).find((set) => field(set, "name") === name);
  const elements = field(set, "elem") ?? [];
  if (!Array.isArray(elements)) {
    throw new KernelStateError(`Cannot read what nft listed: the elements of the set ${name} are not a list`);
  }
  return elements.map(valueOf).map((value) => {
    const concat = field(value, "concat");
    return Array.isArray(concat) ? concat.map(textOf).join(" . ") : textOf(value);
  });
}

/** What a table should be, in the words of {@linkcode describeItems}. */
function describeTable({ set, hook, rules }: EgressTable): string[] {
  const chains = new Set(rules.map(({ chain }) => chain));
  return [
    `set ${set}`,
    ...[...chains].map((chain) => chain === hook ? `chain ${chain} filter ${hook} accept` : `chain ${chain}`),
    ...rules.map(({ chain, verdict, comment }) => `rule ${chain} ${verdict.split(" ")[0]} ${comment}`),
  ];
}

/** What there is, a text for each thing; the rules of a chain are in their order. */
function describeItems(items: readonly object[]): string[] {
  return items.flatMap((item) => {
    const [kind, body] = Object.entries(item)[0] ?? [];
    // A table may be dormant.
    if (kind === "table") return field(body, "flags") === undefined ? [] : ["flags of the table"];
    const [chain, name, comment] = ["chain", "name", "comment"].map((key) => textOf(field(body, key)));
    if (kind === "chain") {
      const base = ["type", "hook", "policy"].map((key) => textOf(field(body, key))).filter((text) => text !== "");
      return [["chain", name, ...base].join(" ")];
    }
    if (kind !== "rule") return [`${kind} ${name}`];
    const expressions = field(body, "expr");
    const verdict: unknown = Array.isArray(expressions) ? expressions.at(-1) : undefined;
    return [`rule ${chain} ${Object.keys(verdict ?? {})[0]} ${comment}`];
  });
}

/** A word or a number as it is; whatever else there is in a listing, in a form that is no word. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}

/** Whether two lists hold the same, rules of one chain in the same order. */
function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  // The sort is stable: rules of one chain are equal to it.
  const keyOf = (text: string) => text.startsWith("rule ") ? text.split(" ", 2).join(" ") : text;
  const sorted = (texts: readonly string[]) =>
    texts.toSorted((a, b) => keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0).join("\n");
  return sorted(a) === sorted(b);
}
