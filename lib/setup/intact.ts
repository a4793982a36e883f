/**
 * Finding bridges of which nft holds just what `setup` would make. They need no transaction, which would set the counters
 * of dropped packets to zero and wake `tproxy watch`.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { findRuleFaults } from "../netns/rule_faults.ts";
import { type AppliedRules, readApplied } from "../nft/applied.ts";
import { listStateAndRulesOf, type StateAndRules } from "../nft/list_rules.ts";
import type { BridgeForm } from "../nft/matches.ts";
import { unionOf } from "./join_endpoints.ts";
import { findMissingInNft } from "./missing_in_nft.ts";
import type { NetworkRecord, SetupRecord } from "./setup_record.ts";

/**
 * Finds the bridges that are intact. The caller holds the lock of `setup`.
 *
 * @param record The bridges, and their networks.
 * @returns The form of the rules of each one that is intact.
 * @throws {import("../errors.ts").TproxyError} If nft can't list what is there.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft` and `--allow-read=/run/one_tproxy`.
 */
export async function findIntact(record: SetupRecord): Promise<ReadonlyMap<BridgeName, BridgeForm>> {
  const applied = readApplied();
  const known = [...record.keys()].filter((bridge) => applied.has(bridge));
  if (known.length === 0) return new Map();
  const held = await listStateAndRulesOf(known, applied.size);
  return new Map(known.flatMap((bridge) => {
    const rules = applied.get(bridge);
    return rules !== undefined && isIntact(bridge, record.get(bridge) ?? [], rules, held) ? [[bridge, rules.form]] : [];
  }));
}

/**
 * Tells whether nft holds of a bridge what `setup` would make, and nothing else.
 *
 * @param bridge The bridge.
 * @param networks Its networks.
 * @param applied Its rules as they were applied.
 * @param held What nft holds.
 * @returns Whether map, sets and rules are the same. If a map can't be read in full, they are not.
 */
export function isIntact(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  applied: AppliedRules,
  { state: { maps, copies }, table }: StateAndRules,
): boolean {
  const names = namesOf(bridge);
  const elements = maps.bridges.get(bridge);
  const missing = findMissingInNft(names, networks, {
    elements,
    redirected: table.sets.get(names.redirected),
    copy: copies.get(bridge),
  });
  return elements?.length === unionOf(networks).endpoints.length && maps.warnings.length === 0 &&
    !names.formerSets.some((set) => table.sets.has(set)) &&
    findRuleFaults({ names, isRecorded: true, applied }, { missing, table }).length === 0;
}
