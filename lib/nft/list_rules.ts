/**
 * Listing the rules of bridges, together with our maps and sets.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { runCommand } from "../run_command.ts";
import { chainNamesOf } from "./chains.ts";
import { type BridgeTable, flagsIn, refreshTable, toTable } from "./fingerprint.ts";
import { parseListing, parseListings } from "./listing.ts";
import { LIST_STATE, listState } from "./nft.ts";
import { type NftState, toState } from "./parse_state.ts";
import { listChain } from "./run_nft.ts";

/** Everything of ours in nft but the egress rules. */
export interface StateAndRules {
  /** Our maps, sets and chains. */
  readonly state: NftState;
  /** The rules. */
  readonly table: BridgeTable;
}

/**
 * Lists our maps, sets, chains and the rules of all bridges with one nft process.
 *
 * @param former The rules as they were listed, if nobody has changed them since; then they are not listed.
 * @returns Everything of ours in nft but the egress rules.
 * @throws {import("../run_command.ts").CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listStateAndRules(former?: BridgeTable): Promise<StateAndRules> {
  if (former !== undefined) {
    const state = await listState();
    return { state, table: refreshTable(former, state.objects) };
  }
  const items = parseListings(await runCommand("nft", ["-j", "list maps ip; list ruleset bridge"]));
  return { state: toState(items), table: toTable(items) };
}

/** On a host with at most this many bridges, one listing of all rules is faster than one of each chain of a bridge. */
const FEW_BRIDGES = 12;

/**
 * Lists our maps, sets, chains and the rules of some bridges.
 *
 * WHY in two ways: a run of nft 1.0.6 lists all rules or those of one chain. All rules take 1.2 ms for each bridge of
 * the host. The chains of one bridge take 15 ms, and 80 ms among 250 bridges.
 *
 * @param bridges The bridges.
 * @param all How many bridges have rules. It only decides how the rules are listed.
 * @returns Everything of ours in nft but the egress rules and the rules of other bridges, which may be missing.
 * @throws {import("../run_command.ts").CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listStateAndRulesOf(bridges: readonly BridgeName[], all: number): Promise<StateAndRules> {
  if (all <= FEW_BRIDGES * bridges.length ** 2) return await listStateAndRules();
  const [listed, rules] = await Promise.all([
    runCommand("nft", ["-j", `${LIST_STATE}; list tables bridge`]),
    listChains(bridges),
  ]);
  const items = parseListings(listed);
  const state = toState(items);
  return { state, table: { ...refreshTable(toTable(rules), state.objects), ...flagsIn(items) } };
}

/** Lists the chains of some bridges: those of one bridge at once, one bridge after the other. */
async function listChains(bridges: readonly BridgeName[]): Promise<object[]> {
  const items: object[] = [];
  for (const bridge of bridges) {
    const listings = await Promise.all(chainNamesOf(namesOf(bridge)).map(listChain));
    items.push(...listings.flatMap((listing) => listing === undefined ? [] : parseListing(listing)));
  }
  return items;
}
