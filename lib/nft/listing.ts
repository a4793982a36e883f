/**
 * Parsing the JSON that nft prints, independent of what it lists.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";

/**
 * Parses a listing (libnftables-json(5)): an object whose `nftables` is a list. The first item of the list holds
 * `metainfo`.
 *
 * @param json What nft printed.
 * @returns The items, without the first one.
 * @throws {KernelStateError} If it is not a listing.
 */
export function parseListing(json: string): object[] {
  let listing: unknown;
  try {
    listing = field(JSON.parse(json), "nftables");
  } catch (cause) {
    throw new KernelStateError("Cannot read what nft listed: it is not JSON", "", { cause });
  }
  if (!Array.isArray(listing) || field(listing[0], "metainfo") === undefined) {
    throw new KernelStateError('Cannot read what nft listed: it has no "nftables" list with "metainfo"');
  }
  return listing.slice(1).filter((item) => typeof item === "object" && item !== null);
}

/**
 * Parses the listings of several commands that one nft process has run.
 *
 * @param text What nft printed: a listing a line.
 * @returns The items of all listings, in their order.
 * @throws {KernelStateError} If a line is not a listing, or if there is none.
 */
export function parseListings(text: string): object[] {
  return text.trim().split("\n").flatMap(parseListing);
}

/**
 * Gets the value of an element of a set or map.
 *
 * @param element The element; one with a comment, a counter or a timeout is an object around its value.
 * @returns The value.
 */
export function valueOf(element: unknown): unknown {
  return field(field(element, "elem"), "val") ?? element;
}

/**
 * Gets a field of something that may not have it.
 *
 * @param value Anything.
 * @param key The field's name.
 * @returns The field, or `undefined`.
 */
export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
