/**
 * Removing everything from nft that OpenNebula's own network driver does not know and would never remove. Pure.
 *
 * @module
 */

import { BRIDGE_NAME, type BridgeName, TPROXY } from "../names.ts";
import { namesOf } from "../names_of.ts";
import type { NftState } from "./parse_state.ts";
import { renderMap } from "./render_map.ts";
import { isSharedSet } from "./shared_sets.ts";

/** The transaction that leaves bridges to the driver. */
export interface Release {
  /** The bridges for which the script removes something. */
  readonly bridges: readonly BridgeName[];
  /** A script for `nft -f -`; empty if there is nothing to do. */
  readonly script: string;
}

/**
 * Renders the transaction that leaves bridges to OpenNebula's own network driver and its proxies. It deletes the chains
 * and sets that only we know. It removes the comments of the map's elements, since the driver's proxies can't read a
 * map with comments. The map, its elements and the chain `ch_<br>` stay.
 *
 * @param state What nft holds.
 * @returns The transaction.
 */
export function renderRelease({ maps, objects }: Pick<NftState, "maps" | "objects">): Release {
  const present = new Set(objects.map(({ kind, name }) => `${kind} ${name}`));
  const bridges = new Set([...maps.bridges.keys(), ...objects.flatMap(({ name }) => bridgeOf(name))]);
  const released: BridgeName[] = [];
  const script: string[] = [];
  for (const bridge of [...bridges].toSorted()) {
    const { map, guardChain, redirectChain, portChain, senderChain, copySet, redirected, formerSets } = namesOf(bridge);
    // The order matters: a chain is deleted after the one that jumps to it, and a set after the chains that fill it.
    const chains = [guardChain, redirectChain, portChain, senderChain].filter((chain) => present.has(`chain ${chain}`));
    const sets = [copySet, redirected, ...formerSets].filter((set) => present.has(`set ${set}`));
    const endpoints = maps.bridges.get(bridge) ?? [];
    const plain = endpoints.map(({ servicePort, remoteAddr, remotePort }) => ({ servicePort, remoteAddr, remotePort }));
    const commented = plain.filter((_, i) => endpoints[i]?.options !== undefined);
    const lines = [
      ...chains.flatMap((chain) => [`flush chain bridge ${TPROXY} ${chain}`, `delete chain bridge ${TPROXY} ${chain}`]),
      ...sets.map((set) => `delete set bridge ${TPROXY} ${set}`),
      ...(commented.length === 0 ? [] : renderMap(map, commented, endpoints)),
    ];
    if (lines.length > 0) released.push(bridge);
    script.push(...lines);
  }
  script.push(...objects.filter(isSharedSet).map(({ name }) => `delete set bridge ${TPROXY} ${name}`));
  return { bridges: released, script: script.map((line) => `${line}\n`).join("") };
}

/** Finds the bridge of a chain or set that only we know. */
function bridgeOf(name: string): BridgeName[] {
  const [, bridge = ""] = /^(?:guard|redirect(?:ed)?|port|senders?|newcomers|record)_(.*)$/.exec(name) ?? [];
  return BRIDGE_NAME.test(bridge) ? [bridge as BridgeName] : [];
}
