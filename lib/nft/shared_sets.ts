/**
 * The sets that the rules of all bridges share: those whose elements are constant, and those that the rules fill. Pure.
 *
 * @module
 */

import { SHARED_SETS, TPROXY } from "../names.ts";
import type { TableObject } from "./bridge_script.ts";
import { GUEST_KINDS } from "./matches.ts";

/** The sets whose elements are constant. 0x8035 is RARP. */
const CONSTANT: readonly (readonly [name: string, type: string, elements: readonly string[]])[] = [
  [SHARED_SETS.guestKinds, "ifname", GUEST_KINDS.map((kind) => `"${kind}"`)],
  [SHARED_SETS.guestTypes, "ether_type", ["arp", "ip"]],
  [SHARED_SETS.arpTypes, "ether_type", ["arp", "0x8035"]],
  [SHARED_SETS.vlanTypes, "ether_type", ["8021q", "8021ad"]],
];

/**
 * The sets that the rules fill, with their type and size.
 *
 * WHY half a million: no port has more than 128 addresses in an hour, so the set has room for 4,096 ports that use all
 * of them. In a smaller one, hostile guests could leave no room for the guests of other bridges. The kernel allocates
 * memory only for the elements that are there.
 */
const FILLED: readonly (readonly [name: string, type: string, size: number])[] = [
  [SHARED_SETS.senders, "ifname . ipv4_addr", 524_288],
  [SHARED_SETS.newcomers, "ifname", 65_535],
];

/** The names of all of them. */
const NAMES: ReadonlySet<string> = new Set(Object.values(SHARED_SETS));

/**
 * Tells whether a set is shared.
 *
 * @param object An object in one of our tables.
 * @returns Whether it is one of these sets.
 */
export function isSharedSet({ family, kind, name }: TableObject): boolean {
  return family === "bridge" && kind === "set" && NAMES.has(name);
}

/**
 * Renders the commands that make the sets. Constant elements replace what somebody has put there; those that the rules
 * have filled in stay.
 *
 * @returns Commands for `nft -f -`.
 */
export function renderSharedSets(): string[] {
  return [
    ...CONSTANT.flatMap(([name, type, elements]) => [
      `add set bridge ${TPROXY} ${name} { type ${type} ; }`,
      `flush set bridge ${TPROXY} ${name}`,
      `add element bridge ${TPROXY} ${name} { ${elements.join(", ")} }`,
    ]),
    ...FILLED.map(([name, type, size]) =>
      `add set bridge ${TPROXY} ${name} { type ${type} ; flags dynamic, timeout ; timeout 1h ; size ${size} ; }`
    ),
  ];
}

/**
 * Describes the elements that should never change, to find out whether somebody has changed them.
 *
 * @param sets The elements of each set as nft lists them.
 * @returns The sorted elements of each constant set, by its name. The text is empty for a set that has fewer or more.
 */
export function describeConstants(sets: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  return Object.fromEntries(CONSTANT.map(([name, , { length }]) => {
    const found = sets.get(name) ?? [];
    return [name, found.length === length ? found.toSorted().join(" ") : ""];
  }));
}
