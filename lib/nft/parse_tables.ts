/**
 * Parsing the listings of `nft -j` into the objects of our tables. Pure.
 *
 * @module
 */

import type { TableObject } from "./bridge_script.ts";
import { field, parseListing, valueOf } from "./listing.ts";

/**
 * Parses the answer of `nft -j list table ip|bridge one_tproxy`.
 *
 * @param json What nft printed.
 * @returns All objects in the table but the rules.
 * @throws {KernelStateError} If it is not a listing.
 */
export function parseTable(json: string): TableObject[] {
  return toObjects(parseListing(json));
}

/**
 * Finds the objects of our two tables in a listing.
 *
 * @param items The items of the listing.
 * @returns All objects but the tables themselves and the rules.
 */
export function toObjects(items: readonly object[]): TableObject[] {
  const objects: TableObject[] = [];
  for (const item of items) {
    const [kind, body] = Object.entries(item)[0] ?? [];
    const family = field(body, "family");
    if (kind === undefined || kind === "table" || kind === "rule") continue;
    if (family !== "ip" && family !== "bridge") continue;
    const elements = kind === "set" ? field(body, "elem") : [];
    objects.push({
      family,
      kind,
      name: String(field(body, "name")),
      elements: Array.isArray(elements) ? elements.map(valueOf).filter(isNameOrPort).map(String) : [],
    });
  }
  return objects;
}

function isNameOrPort(element: unknown): element is string | number {
  return typeof element === "string" || typeof element === "number";
}
