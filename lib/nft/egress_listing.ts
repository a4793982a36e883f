/**
 * Parsing what `nft -j list table` prints for the egress tables. Pure.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { type AppliedEgress, type EgressListings, isEgressAsApplied } from "./applied_egress.ts";
import { type Egress, NO_EGRESS, tablesFor } from "./egress_rules.ts";
import { field, parseListing, valueOf } from "./listing.ts";

/** The form of our elements. Any other element was added by somebody else, and never gets into a script. */
const ELEMENT = /^(?:\d{1,3}(?:\.\d{1,3}){3} \. \d{1,5}|[\w.~-]{1,15})$/;

/** The egress tables as they are now. */
export interface PresentEgress extends Egress {
  /** Whether at least one of the tables exists. */
  readonly exists: boolean;
  /** Whether both tables are unchanged since they were applied, apart from the elements of their sets. */
  readonly intact: boolean;
}

/**
 * Parses what `nft -j list table` prints for the two tables.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft printed for them.
 * @param applied The fingerprints recorded when they were applied; `undefined` if there are none.
 * @returns What they hold.
 * @throws {KernelStateError} If one is not a listing.
 */
export function parseEgress(
  outer: number,
  listings: EgressListings,
  applied: AppliedEgress | undefined,
): PresentEgress {
  const exists = listings.inet !== undefined || listings.bridge !== undefined;
  let intact = isEgressAsApplied(outer, listings, applied);
  const [remotes = new Set<string>(), innerEnds = new Set<string>()] = tablesFor(outer, NO_EGRESS).map((table) => {
    const json = listings[table.family];
    const elements = json === undefined ? [] : elementsOf(parseListing(json), table.set);
    const known = elements.filter((element) => ELEMENT.test(element));
    intact &&= known.length === elements.length;
    return new Set(known);
  });
  return { remotes, innerEnds, exists, intact };
}

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

/**
 * Renders a value. A string stays as it is, and everything else becomes JSON, which is not an element's form unless it
 * is a number.
 */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
