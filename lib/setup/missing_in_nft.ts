/**
 * Finding what nft lacks of a bridge's record. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeNames } from "../names_of.ts";
import { isSameElement } from "../nft/map_element.ts";
import { redirectedPorts } from "../nft/redirect.ts";
import { unionOf } from "./join_endpoints.ts";
import { copyOf, type NetworkRecord } from "./setup_record.ts";
import { parseNetworks } from "./setup_record_parse.ts";

/** The state of one bridge in nft, without its rules. */
export interface HeldInNft {
  /** The endpoints in its map; `undefined` if there is no map. */
  readonly elements: readonly Endpoint[] | undefined;
  /** The elements of the set of redirected ports; `undefined` if there is no such set. */
  readonly redirected: readonly string[] | undefined;
  /** The text of its copy of the record; `undefined` if it has none. */
  readonly copy: string | undefined;
}

/** Something that is missing: its code in `tproxy status`, and its name for messages. */
export type Missing = readonly [
  code: "map-missing" | "element-missing" | "redirect-missing" | "copy-missing",
  what: string,
];

/**
 * Finds what nft lacks of a bridge: its map, an element, the redirected ports, or the copy of its record. Elements that
 * somebody has added to the map are ignored.
 *
 * @param names The bridge's names.
 * @param networks Its record; `undefined` if the network driver has set it up, and only the map is expected.
 * @param held The state in nft.
 * @returns The first thing that is missing; `undefined` if there is none.
 */
export function findMissingInNft(
  names: BridgeNames,
  networks: readonly NetworkRecord[] | undefined,
  { elements, redirected, copy }: HeldInNft,
): Missing | undefined {
  if (elements === undefined) return ["map-missing", `the map ${names.map}`];
  if (networks === undefined) return undefined;
  const { endpoints } = unionOf(networks);
  const lost = endpoints.find((endpoint) => !elements.some((e) => isSameElement(e, endpoint)));
  if (lost !== undefined) return ["element-missing", `the element ${lost.servicePort} of the map ${names.map}`];
  const ports = redirectedPorts(endpoints).map(String);
  if (redirected?.length !== ports.length || !ports.every((port) => redirected.includes(port))) {
    return ["redirect-missing", `the set ${names.redirected} as setup made it`];
  }
  return copyOf(parseNetworks(copy ?? "") ?? []) === copyOf(networks)
    ? undefined
    : ["copy-missing", `the copy of the record in the set ${names.copySet}`];
}
