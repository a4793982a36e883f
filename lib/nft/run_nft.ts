/**
 * Running nft.
 *
 * @module
 */

import { TPROXY } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";

/**
 * Runs a script as one transaction.
 *
 * @param script The script.
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function runScript(script: string): Promise<void> {
  await runCommand("nft", ["-f", "-"], { stdin: script });
}

/**
 * Lists a table.
 *
 * @param family Its family.
 * @param table Its name.
 * @returns What nft printed; `undefined` if there is no such table.
 * @throws {CommandError} If nft fails, which never means that there is none.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listTable(family: "inet" | "ip" | "bridge", table: string): Promise<string | undefined> {
  return await listIfThere("table", family, table);
}

/**
 * Lists a chain of `table bridge one_tproxy`.
 *
 * @param chain Its name.
 * @returns What nft printed; `undefined` if there is no such chain.
 * @throws {CommandError} If nft fails, which never means that there is none.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listChain(chain: string): Promise<string | undefined> {
  return await listIfThere("chain", "bridge", TPROXY, chain);
}

async function listIfThere(...what: readonly string[]): Promise<string | undefined> {
  try {
    return await runCommand("nft", ["-j", "list", ...what]);
  } catch (error) {
    if (error instanceof CommandError && error.stderr.includes("No such file or directory")) return undefined;
    throw error;
  }
}
