/**
 * What nft lacks of what is recorded of a bridge. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeNames } from "../names.ts";
import { isSameEndpoint } from "../nft/element.ts";
import { redirectedPorts } from "../nft/redirect.ts";
import { copyOf, type NetworkRecord, unionOf } from "./record.ts";
import { parseNetworks } from "./record_parse.ts";

/** What nft holds of one bridge, but for its rules. */
export interface HeldInNft {
  /** The endpoints in its map; `undefined` if it has none. */
  readonly elements: readonly Endpoint[] | undefined;
  /** The elements of the set of the ports that are redirected; `undefined` if there is no such set. */
  readonly redirected: readonly string[] | undefined;
  /** The text of its copy of the record; `undefined` if it has none. */
  readonly copy: string | undefined;
}

/** Something that is missing: a code as `tproxy status` gives it, and what to call it. */
export type Missing = readonly [
  code: "map-missing" | "element-missing" | "redirect-missing" | "copy-missing",
  what: string,
];

/**
 * Finds what nft lacks of a bridge: its map, an element, the ports that are redirected, or the copy of its record. What somebody has added to the map stays.
 *
 * @param names The bridge's names.
 * @param networks What is recorded of it; `undefined` if the network driver made it, so nothing but the map is wanted.
 * @param held What nft holds.
 * @returns What is missing first; `undefined` if all is there.
 */
export function findMissingInNft(
  names: BridgeNames,
  networks: readonly NetworkRecord[] | undefined,
  { elements, redirected, copy }: HeldInNft,
): Missing | undefined {
  if (elements === undefined) return ["map-missing", `the map ${names.map}`];
  if (networks === undefined) return undefined;
  const { endpoints } = unionOf(networks);
  const lost = endpoints.find((endpoint) => !elements.some((e) => isSameEndpoint(e, endpoint)));
  if (lost !== undefined) return ["element-missing", `the element ${lost.servicePort} of the map ${names.map}`];
  const ports = redirectedPorts(endpoints).map(String);
  if (redirected?.length !== ports.length || !ports.every((port) => redirected.includes(port))) {
    return ["redirect-missing", `the set ${names.redirected} as setup made it`];
  }
  return copyOf(parseNetworks(copy ?? "") ?? []) === copyOf(networks)
    ? undefined
    : ["copy-missing", `the copy of the record in the set ${names.copySet}`];
}
