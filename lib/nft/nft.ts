/**
 * The kernel's nft state: read, and changed by one atomic transaction at a time.
 *
 * @module
 */

import { type BridgeName, EGRESS, namesOf, TPROXY } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";
import {
  describeChains,
  describeEgress,
  type EgressListings,
  forgetApplied,
  readAppliedEgress,
  writeApplied,
  writeAppliedEgress,
} from "./applied.ts";
import type { BridgeForm } from "./matches.ts";
import { type Egress, renderEgress, renderNoEgress } from "./egress.ts";
import { parseEgress, type PresentEgress } from "./egress_listing.ts";
import { type BridgeTable, readTable } from "./fingerprint.ts";
import { type MapListing, type NftState, parseMaps, parseState, parseTable, parseTableFamilies } from "./parse.ts";
import { renderRelease } from "./release.ts";
import { type BridgeRules, renderDown, renderUp, type TableObject, type Tables } from "./render.ts";

/**
 * Lists every bridge's endpoints.
 *
 * @returns What the maps hold; no bridge at all if there is no table.
 * @throws {CommandError} If nft fails, which never means that there are none.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listEndpoints(): Promise<MapListing> {
  return parseMaps(await runCommand("nft", ["-j", "list", "maps", "ip"]));
}

/**
 * Lists all that is of interest, by one process.
 *
 * @returns What nft holds of ours.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listState(): Promise<NftState> {
  // None of them fails where there is no table of ours, as a listing of the table itself would.
  return parseState(await runCommand("nft", ["-j", "list maps ip; list sets bridge; list chains bridge"]));
}

/**
 * Makes one bridge's map, chains and copy of the record hold what they should, in one transaction, and notes how nft
 * lists the chains. Whoever calls it holds the lock of `setup`.
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
 * Lists what is in the chains and sets of `table bridge one_tproxy`.
 *
 * @returns What they hold; nothing if there is no such table.
 * @throws {CommandError} If nft fails, which never means that there are none.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listBridgeTable(): Promise<BridgeTable> {
  try {
    return readTable(await runCommand("nft", ["-j", "list", "table", "bridge", TPROXY]));
  } catch (error) {
    if (error instanceof CommandError && error.stderr.includes("No such file or directory")) return NO_TABLE;
    throw error;
  }
}

const NO_TABLE: BridgeTable = { chains: new Map(), sets: new Map() };

async function applyRules(rules: BridgeRules): Promise<BridgeForm> {
  try {
    await apply(renderUp(rules, "ibrname"));
    return "ibrname";
  } catch (error) {
    if (!(error instanceof CommandError) || !error.stderr.includes("Operation not supported")) throw error;
    await apply(renderUp(rules, "veth-set"));
    return "veth-set";
  }
}

/**
 * Lists what our two tables hold.
 *
 * @returns Everything in them but their rules.
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
 * Removes one bridge's map and chains, and a table in which nothing is left. Nothing there is fine. Whoever calls it holds
 * the lock of `setup`.
 *
 * @param bridge The bridge; neither it nor its namespace needs to exist.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function removeRules(bridge: BridgeName): Promise<void> {
  const script = renderDown(bridge, await listObjects());
  if (script !== "") await apply(script);
  await forgetApplied(bridge);
}

/**
 * Removes what OpenNebula's own network driver does not know, and leaves it the rest. Whoever calls it holds the lock
 * of `setup`.
 *
 * @returns The bridges of which something was removed.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function releaseRules(): Promise<readonly BridgeName[]> {
  const { bridges, script } = renderRelease(await listState());
  await apply(script + renderNoEgress());
  await writeAppliedEgress(undefined);
  for (const bridge of bridges) await forgetApplied(bridge);
  return bridges;
}

/**
 * Lists the rules that hold the proxies to what they are for.
 *
 * @param outer The number of outer's own user and group.
 * @returns What there is of them.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listEgress(outer: number): Promise<PresentEgress> {
  const [listings, applied] = await Promise.all([listEgressTables(), readAppliedEgress()]);
  return parseEgress(outer, listings, applied);
}

async function listEgressTables(): Promise<EgressListings> {
  const list = async (family: "inet" | "bridge"): Promise<string | undefined> => {
    try {
      return await runCommand("nft", ["-j", "list", "table", family, EGRESS]);
    } catch (error) {
      if (error instanceof CommandError && error.stderr.includes("No such file or directory")) return undefined;
      throw error;
    }
  };
  const [inet, bridge] = await Promise.all([list("inet"), list("bridge")]);
  return { inet, bridge };
}

/**
 * Makes those rules exactly these, in one transaction, and notes how nft lists them. Whoever calls it holds the lock of
 * the daemons.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @param isKnown Whether they were as they had been noted, so that nothing but the elements changes.
 * @throws {CommandError} If nft fails; then nothing has changed, or the rules are made and could not be listed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function ensureEgress(outer: number, egress: Egress, isKnown: boolean): Promise<void> {
  await apply(renderEgress(outer, egress));
  if (!isKnown) await writeAppliedEgress(describeEgress(outer, await listEgressTables()));
}

/**
 * Removes those rules. None there is fine.
 *
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function removeEgress(): Promise<void> {
  await apply(renderNoEgress());
  await writeAppliedEgress(undefined);
}

async function apply(script: string): Promise<void> {
  await runCommand("nft", ["-f", "-"], { stdin: script });
}
