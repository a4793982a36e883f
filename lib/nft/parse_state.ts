/**
 * Parsing the listings of `nft -j` into endpoints. Pure. A map may have been written by the network driver or by hand,
 * so elements that can't be used are skipped with a warning. An answer that is not a listing is an error, and never
 * means "no endpoints".
 *
 * @module
 */

import { type Endpoint, isDiallable, remoteOf } from "../address.ts";
import { describe, InputError, KernelStateError } from "../errors.ts";
import { type BridgeName, TPROXY } from "../names.ts";
import { bridgeOfCopy, bridgeOfMap } from "../names_of.ts";
import { isInBridgeTable } from "./fingerprint.ts";
import { parseCopy } from "./record_copy.ts";
import { parseElement, readOptions } from "./map_element.ts";
import { toObjects } from "./parse_tables.ts";
import { field, parseListing, parseListings } from "./listing.ts";
import type { TableObject } from "./bridge_script.ts";

/** What the maps hold. */
export interface MapListing {
  /** Each bridge's endpoints in ascending order of their service port; a bridge whose map is empty has none. */
  readonly bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** Endpoints that can't be dialled. They are not served, but they occupy their ports in the map. */
  readonly unusable: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** A line for each map or element that was skipped, with the reason. */
  readonly warnings: readonly string[];
}

/** Everything of ours in nft but the rules. */
export interface NftState {
  /** The maps. */
  readonly maps: MapListing;
  /** The chains and sets of `table bridge one_tproxy`. */
  readonly objects: readonly TableObject[];
  /** The copies of the setup record that the sets hold, a text for each bridge. */
  readonly copies: ReadonlyMap<BridgeName, string>;
}

/**
 * Parses the answer of `nft -j list maps ip`.
 *
 * @param json What nft printed.
 * @returns The endpoints of every bridge.
 * @throws {KernelStateError} If it is not a listing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { KernelStateError, parseMaps } from "@one/tproxy";
 *
 * assert.equal(parseMaps('{"nftables": [{"metainfo": {}}]}').bridges.size, 0);
 * assert.throws(() => parseMaps("Error: No such file"), KernelStateError);
 * ```
 */
export function parseMaps(json: string): MapListing {
  return toMaps(parseListing(json));
}

/**
 * Parses the answer of `nft -j "list maps ip; list sets bridge; list chains bridge"`.
 *
 * @param text What nft printed.
 * @returns Everything of ours in it.
 * @throws {KernelStateError} If it is not a listing.
 */
export function parseState(text: string): NftState {
  return toState(parseListings(text));
}

/**
 * Finds everything of ours but the rules in a listing.
 *
 * @param items The items of the listing, which may be of other tables as well.
 * @returns Everything of ours in it.
 * @throws {KernelStateError} If the elements of a map are no list.
 */
export function toState(items: readonly object[]): NftState {
  const ours = items.filter((item) => Object.values(item).some(isInBridgeTable));
  const copies = new Map<BridgeName, string>();
  for (const item of ours) {
    const set = field(item, "set");
    const bridge = bridgeOfCopy(String(field(set, "name")));
    const copy = parseCopy(field(set, "elem"));
    if (bridge !== undefined && copy !== undefined) copies.set(bridge, copy);
  }
  return { maps: toMaps(items), objects: toObjects(ours), copies };
}

function toMaps(items: readonly object[]): MapListing {
  const bridges = new Map<BridgeName, readonly Endpoint[]>();
  const unusable = new Map<BridgeName, readonly Endpoint[]>();
  const warnings: string[] = [];
  for (const item of items) {
    const map = field(item, "map");
    if (field(map, "table") !== TPROXY || field(map, "family") !== "ip") continue;
    const name = String(field(map, "name"));
    try {
      const bridge = bridgeOfMap(name);
      if (bridge === undefined) continue;
      const [good, bad] = parseElements(name, field(map, "elem") ?? [], warnings);
      bridges.set(bridge, good);
      if (bad.length > 0) unusable.set(bridge, bad);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      warnings.push(`Skipped the map ${JSON.stringify(name)}: ${describe(error)}`);
    }
  }
  return { bridges, unusable, warnings };
}

function parseElements(map: string, elements: unknown, warnings: string[]): [good: Endpoint[], bad: Endpoint[]] {
  if (!Array.isArray(elements)) {
    throw new KernelStateError(`Cannot read what nft listed: the elements of the map ${map} are not a list`);
  }
  const [good, bad]: [Endpoint[], Endpoint[]] = [[], []];
  for (const element of elements) {
    const endpoint = parseElement(element);
    if (endpoint === undefined) {
      warnings.push(
        `Skipped the element ${JSON.stringify(element)} of the map ${map}: it is not "port : address . port"`,
      );
    } else if (!isDiallable(endpoint.remoteAddr)) {
      warnings.push(
        `Skipped the element ${endpoint.servicePort} of the map ${map}: ${remoteOf(endpoint)} can't be dialled`,
      );
      bad.push(endpoint);
    } else {
      good.push({ ...endpoint, ...readOptions(map, element, warnings) });
    }
  }
  return [good.toSorted((a, b) => a.servicePort - b.servicePort), bad];
}
