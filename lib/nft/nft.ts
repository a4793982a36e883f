/**
 * Reading the kernel's nft state, and changing it by atomic transactions.
 *
 * @module
 */

import { type BridgeName, EGRESS, namesOf, TPROXY } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { describeChains, forgetApplied, writeApplied } from "./applied.ts";
import { writeAppliedEgress } from "./applied_egress.ts";
import type { BridgeForm } from "./matches.ts";
import { type Dropped, parseDropped } from "./dropped.ts";
import { renderNoEgress } from "./egress_rules.ts";
import { type BridgeTable, readTable } from "./fingerprint.ts";
import { type MapListing, type NftState, parseMaps, parseState } from "./parse_state.ts";
import { parseTable, parseTableFamilies } from "./parse_tables.ts";
import { listTable, runScript } from "./run_nft.ts";
import { renderRelease } from "./release_script.ts";
import { type BridgeRules, renderDown, renderUp, type TableObject, type Tables } from "./bridge_script.ts";

/**
 * Lists every bridge's endpoints.
 *
 * @returns The endpoints of every bridge; no bridges if there is no table.
 * @throws {CommandError} If nft fails, which never means that there are none.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listEndpoints(): Promise<MapListing> {
  return parseMaps(await runCommand("nft", ["-j", "list", "maps", "ip"]));
}

/**
 * Lists our maps, sets and chains with one nft process.
 *
 * @returns Everything of ours in nft but the rules.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listState(): Promise<NftState> {
  // These commands succeed if there is no table of ours. A listing of the table itself would fail.
  return parseState(await runCommand("nft", ["-j", "list maps ip; list sets bridge; list chains bridge"]));
}

/**
 * Applies one bridge's map, chains and copy of the record in one transaction, and records the fingerprints of the
 * chains. The caller holds the lock of `setup`.
 *
 * @param rules What they should hold.
 * @returns The form of the rules that this kernel takes.
 * @throws {CommandError} If nft fails; then nothing has changed, or the rules are made and could not be listed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function ensureRules(rules: BridgeRules): Promise<BridgeForm> {
  const form = await applyRules(rules);
  const { chains } = await listBridgeTable();
  await writeApplied(rules.bridge, describeChains(namesOf(rules.bridge), form, chains));
  return form;
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

const NO_TABLE: BridgeTable = { chains: new Map(), sets: new Map() };

async function applyRules(rules: BridgeRules): Promise<BridgeForm> {
  try {
    await runScript(renderUp(rules, "ibrname"));
    return "ibrname";
  } catch (error) {
    if (!(error instanceof CommandError) || !error.stderr.includes("Operation not supported")) throw error;
    await runScript(renderUp(rules, "veth-set"));
    return "veth-set";
  }
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
  const families = parseTableFamilies(await runCommand("nft", ["-j", "list", "tables"]));
  const list = async (family: "ip" | "bridge"): Promise<TableObject[] | undefined> =>
    families.has(family) ? parseTable(await runCommand("nft", ["-j", "list", "table", family, TPROXY])) : undefined;
  const [ip, bridge] = await Promise.all([list("ip"), list("bridge")]);
  return { ip, bridge };
}

/**
 * Removes one bridge's map and chains, and a table that is empty afterwards. It succeeds if there is nothing to remove.
 * The caller holds the lock of `setup`.
 *
 * @param bridge The bridge. Neither the bridge nor its namespace needs to exist.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function removeRules(bridge: BridgeName): Promise<void> {
  const script = renderDown(bridge, await listObjects());
  if (script !== "") await runScript(script);
  await forgetApplied(bridge);
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
  await writeAppliedEgress(undefined);
  for (const bridge of bridges) await forgetApplied(bridge);
  return bridges;
}
