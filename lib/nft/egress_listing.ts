/**
 * What `nft -j list table` says of the rules that hold the proxies to what they are for. Pure.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { type AppliedEgress, type EgressListings, isEgressAsApplied } from "./applied.ts";
import { type Egress, NO_EGRESS, tablesFor } from "./egress.ts";
import { field, parseListing, valueOf } from "./listing.ts";

/** What an element of ours can be; whatever else is in a set has been put there by somebody, and never gets into a script. */
const ELEMENT = /^(?:\d{1,3}(?:\.\d{1,3}){3} \. \d{1,5}|[\w.~-]{1,15})$/;

/** What there is of the tables. */
export interface PresentEgress extends Egress {
  /** Whether one of the tables is there. */
  readonly exists: boolean;
  /** Whether both tables are as they were made, whatever services they let through. */
  readonly intact: boolean;
}

/**
 * Reads what `nft -j list table` says of the two tables.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft printed of them.
 * @param applied What was noted when they were made; `undefined` if nothing was.
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

/** A word or a number as it is; whatever else there is in a listing, in a form that is no word. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
}
