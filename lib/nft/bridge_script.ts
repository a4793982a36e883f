/**
 * Rendering nft scripts for the endpoints of a bridge. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type BridgeName, TPROXY, VETH_SET } from "../names.ts";
import { type BridgeNames, namesOf } from "../names_of.ts";
import type { BridgeForm } from "./matches.ts";
import { chainNamesOf, chainsOf, renderChain } from "./chains.ts";
import { renderCopy } from "./record_copy.ts";
import { renderRedirected } from "./redirect.ts";
import { renderMap } from "./render_map.ts";
import { isSharedSet, renderSharedSets } from "./shared_sets.ts";

/** The contents for one bridge's map and chains. */
export interface BridgeRules {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** Its endpoints, in the order in which they are written. */
  readonly endpoints: readonly Endpoint[];
  /**
   * The current endpoints of the map, if those on other ports are to stay. Without it, the map holds nothing but
   * `endpoints` afterwards.
   */
  readonly present?: readonly Endpoint[];
  /** The record of the bridge, which is copied into a set of its own: JSON in one line. */
  readonly copy?: string;
}

/**
 * Renders the transaction that sets the contents of the maps and chains of some bridges, whatever they held before.
 *
 * @param all Their contents, one for each bridge.
 * @param form Which rendering the kernel takes.
 * @returns A script for `nft -f -`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseBridgeName, renderUp } from "@one/tproxy";
 *
 * const endpoint = { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 80 };
 * const script = renderUp([{ bridge: parseBridgeName("br0"), endpoints: [endpoint] }], "ibrname");
 * assert.match(script, /5030 : 10\.11\.12\.13 \. 80/);
 * ```
 */
export function renderUp(all: readonly BridgeRules[], form: BridgeForm): string {
  return lines(
    `add table ip ${TPROXY}`,
    `add table bridge ${TPROXY}`,
    ...renderSharedSets(),
    ...all.flatMap((rules) => renderBridge(namesOf(rules.bridge), rules, form)),
  );
}

function renderBridge(names: BridgeNames, { endpoints, present, copy }: BridgeRules, form: BridgeForm): string[] {
  return [
    ...renderMap(names.map, endpoints, present),
    ...(copy === undefined ? [] : renderCopy(names.copySet, copy)),
    ...(form === "ibrname" ? [] : [
      `add set bridge ${TPROXY} ${VETH_SET} { type ifname ; }`,
      `add element bridge ${TPROXY} ${VETH_SET} { "${names.bridgeEnd}" }`,
    ]),
    ...renderRedirected(names.redirected, endpoints),
    ...chainsOf(names, form).flatMap(renderChain),
  ];
}

/** An object in one of our two tables. */
export interface TableObject {
  /** Its table's family. */
  readonly family: "ip" | "bridge";
  /** Its kind: `map`, `chain`, `set` or another one that nft lists. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** The elements of a set of names or of ports; empty for everything else. */
  readonly elements: readonly string[];
}

/** The objects of our two tables; `undefined` for a table that does not exist. */
export type Tables = Readonly<Record<"ip" | "bridge", readonly TableObject[] | undefined>>;

/** The names of chains whose rules use the shared sets. The network drivers' chain does not. */
const USES_SHARED_SETS = /^(?:guard|redirect|port|sender)_/;

/**
 * Renders the transaction that removes the maps and chains of some bridges, and a table that is empty afterwards.
 *
 * @param bridges The bridges.
 * @param tables The objects in the tables now.
 * @returns A script for `nft -f -`; empty if nothing of them is there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseBridgeName, renderDown } from "@one/tproxy";
 *
 * assert.equal(renderDown([parseBridgeName("br0")], { ip: undefined, bridge: undefined }), "");
 * ```
 */
export function renderDown(bridges: readonly BridgeName[], tables: Tables): string {
  const all = bridges.map(namesOf);
  const own: Readonly<Record<string, ReadonlySet<string>>> = {
    "ip map": new Set(all.map(({ map }) => map)),
    "bridge chain": new Set(all.flatMap(chainNamesOf)),
    "bridge set": new Set(all.flatMap((names) => [names.copySet, names.redirected, ...names.formerSets])),
  };
  const ends = new Set(all.map(({ bridgeEnd }) => bridgeEnd));
  const isOurs = ({ family, kind, name }: TableObject) => own[`${family} ${kind}`]?.has(name) ?? false;
  const isVethSet = (object: TableObject) => object.kind === "set" && object.name === VETH_SET;
  const script: string[] = [];
  for (const family of ["ip", "bridge"] as const) {
    const objects = tables[family];
    if (objects === undefined) continue;
    const ours = objects.filter(isOurs);
    const rest = objects.filter((object) => !isOurs(object));
    const setOfOthers = (object: TableObject) => object.elements.some((name) => !ends.has(name));
    if (rest.every((object) => isSharedSet(object) || isVethSet(object) && !setOfOthers(object))) {
      script.push(`delete table ${family} ${TPROXY}`);
      continue;
    }
    // A chain or a set can be deleted only when no rule refers to it, so all chains are flushed first.
    const [chains, others] = [ours.filter(({ kind }) => kind === "chain"), ours.filter(({ kind }) => kind !== "chain")];
    const isInUse = rest.some(({ kind, name }) => kind === "chain" && USES_SHARED_SETS.test(name));
    const unused = isInUse ? [] : rest.filter(isSharedSet);
    for (const { name } of chains) script.push(`flush chain ${family} ${TPROXY} ${name}`);
    for (const { kind, name } of [...chains, ...others, ...unused]) {
      script.push(`delete ${kind} ${family} ${TPROXY} ${name}`);
    }
    for (const name of rest.filter(isVethSet).flatMap(({ elements }) => elements).filter((name) => ends.has(name))) {
      script.push(`delete element ${family} ${TPROXY} ${VETH_SET} { "${name}" }`);
    }
  }
  return script.length === 0 ? "" : lines(...script);
}

function lines(...commands: string[]): string {
  return commands.map((command) => `${command}\n`).join("");
}
