/**
 * Reading the kernel's nft state, and leaving it to the network driver. `change_rules.ts` changes it.
 *
 * @module
 */

import { type BridgeName, EGRESS, TPROXY } from "../names.ts";
import { runCommand } from "../run_command.ts";
import { forgetApplied } from "./applied.ts";
import { writeAppliedEgress } from "./applied_egress.ts";
import { type Dropped, parseDropped } from "./dropped.ts";
import { renderNoEgress } from "./egress_script.ts";
import { type BridgeTable, NO_TABLE, readTable } from "./fingerprint.ts";
import { type NftState, parseState } from "./parse_state.ts";
import { parseTable } from "./parse_tables.ts";
import { listTable, runScript } from "./run_nft.ts";
import { renderRelease } from "./release_script.ts";
import type { TableObject, Tables } from "./bridge_script.ts";

/**
 * What has nft list all of ours but the rules. It succeeds if there is no table of ours. A listing of the table itself
 * would fail.
 */
export const LIST_STATE = "list maps ip; list sets bridge; list chains bridge";

/**
 * Lists our maps, sets and chains with one nft process.
 *
 * @returns Everything of ours in nft but the rules.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listState(): Promise<NftState> {
  return parseState(await runCommand("nft", ["-j", LIST_STATE]));
}

/**
 * Lists the chains and sets of `table bridge one_tproxy`.
 *
 * @returns Their contents; none if there is no such table.
 * @throws {CommandError} If nft fails, which never means that there are none.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listBridgeTable(): Promise<BridgeTable> {
  const listing = await listTable("bridge", TPROXY);
  return listing === undefined ? NO_TABLE : readTable(listing);
}

/**
 * Lists all tables, whosever they are.
 *
 * @returns What nft printed, as JSON.
 * @throws {CommandError} If nft fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listRuleset(): Promise<string> {
  return await runCommand("nft", ["-j", "list", "ruleset"]);
}

/**
 * Lists what our rules have dropped.
 *
 * @returns The counts of the rules of all bridges, and of the egress rules.
 * @throws {CommandError} If nft fails.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listDropped(): Promise<Dropped[]> {
  const tables = [["bridge", TPROXY], ["bridge", EGRESS], ["inet", EGRESS]] as const;
  const listings = await Promise.all(tables.map(([family, table]) => listTable(family, table)));
  return listings.flatMap((listing) => listing === undefined ? [] : parseDropped(listing));
}

/**
 * Lists what our two tables hold.
 *
 * @returns All objects in them but the rules.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listObjects(): Promise<Tables> {
  // One nft process can't list both: in nft 1.0.6, the last "list table" decides what is read of the kernel for all.
  const list = async (family: "ip" | "bridge"): Promise<TableObject[] | undefined> => {
    const listing = await listTable(family, TPROXY);
    return listing === undefined ? undefined : parseTable(listing);
  };
  const [ip, bridge] = await Promise.all([list("ip"), list("bridge")]);
  return { ip, bridge };
}

/**
 * Removes everything that OpenNebula's own network driver does not know, and keeps the rest for it. The caller holds
 * the lock of `setup`.
 *
 * @returns The bridges that have lost something.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function releaseRules(): Promise<readonly BridgeName[]> {
  const { bridges, script } = renderRelease(await listState());
  await runScript(script + renderNoEgress());
  writeAppliedEgress(undefined);
  forgetApplied(bridges);
  return bridges;
}
