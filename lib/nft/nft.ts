/**
 * The kernel's nft state: read, and changed by one atomic transaction at a time.
 *
 * @module
 */

import { type BridgeName, TPROXY } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { type MapListing, parseMaps, parseTable, parseTableFamilies } from "./parse.ts";
import { type BridgeForm, type BridgeRules, renderDown, renderUp, type TableObject, type Tables } from "./render.ts";

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
 * Makes one bridge's map and chains hold exactly what they should, in one transaction.
 *
 * @param rules What they should hold.
 * @returns The form of the rules that this kernel takes.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function ensureRules(rules: BridgeRules): Promise<BridgeForm> {
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
 * Removes one bridge's map and chains, and a table in which nothing is left. Nothing there is fine.
 *
 * @param bridge The bridge; neither it nor its namespace needs to exist.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function removeRules(bridge: BridgeName): Promise<void> {
  const script = renderDown(bridge, await listObjects());
  if (script !== "") await apply(script);
}

async function apply(script: string): Promise<void> {
  await runCommand("nft", ["-f", "-"], { stdin: script });
}
