/**
 * Changing what is in a folder that is not root's. A link in it could lead root elsewhere, so root does nothing there by
 * path: what is done below the folder is done as the folder's owner.
 *
 * @module
 */

import { TproxyError } from "../errors.ts";
import { CommandError, runCommand, runCommandForBytes, type RunOptions } from "../run_command.ts";
import { LONGEST_FILE } from "./files.ts";
import type { Owner } from "./owner_of.ts";

/** Hooks, sudo and logrotate ignore files whose names end so. */
const TEMPORARY = ".dpkg-new";

/** How long a program that reads a whole archive may take, in milliseconds. */
const ARCHIVE_MS = 120_000;

/**
 * Reads a file.
 *
 * @param owner Who reads it.
 * @param path The file.
 * @returns Its contents.
 * @throws {CommandError} If the owner may not read it.
 * @throws {TproxyError} If it is longer than any file that OpenNebula or we put there.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function readAs(owner: Owner, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const head = ["/usr/bin/head", "-c", `${LONGEST_FILE + 1}`, "--", path];
  const content = await runCommandForBytes("setpriv", [...owner, "--", ...head]);
  if (content.length <= LONGEST_FILE) return content;
  throw new TproxyError(`${path} has more than ${LONGEST_FILE} bytes`, "move it away");
}

/**
 * Writes a file, by a rename.
 *
 * @param owner Who writes it.
 * @param path The file.
 * @param content Its contents.
 * @param mode Its mode.
 * @throws {CommandError} If the owner can't.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function writeAs(
  owner: Owner,
  path: string,
  content: string | Uint8Array<ArrayBuffer>,
  mode: number,
): Promise<void> {
  const temporary = temporaryOf(path);
  await runAs(owner, ["/usr/bin/rm", "-f", "--", temporary]);
  await runCommandForBytes("setpriv", [...owner, "--", "/usr/bin/tee", "--", temporary], { stdin: content });
  await runAs(owner, ["/usr/bin/chmod", mode.toString(8).padStart(4, "0"), "--", temporary]);
  await runAs(owner, ["/usr/bin/mv", "-fT", "--", temporary, path]);
}

/**
 * Copies a file, by a rename.
 *
 * @param owner Who reads and writes.
 * @param from The file.
 * @param path The copy.
 * @throws {CommandError} If the owner can't.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function copyAs(owner: Owner, from: string, path: string): Promise<void> {
  const temporary = temporaryOf(path);
  await runAs(owner, ["/usr/bin/install", "-m", "0644", "--", from, temporary], { deadlineMs: ARCHIVE_MS });
  await runAs(owner, ["/usr/bin/mv", "-fT", "--", temporary, path]);
}

/**
 * Tells whether a program succeeds.
 *
 * @param owner Who runs it.
 * @param argv The program's absolute path, and its arguments.
 * @returns Whether it does.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function succeedsAs(owner: Owner, argv: readonly string[]): Promise<boolean> {
  try {
    await runAs(owner, argv, { deadlineMs: ARCHIVE_MS });
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode !== undefined) return false;
    throw error;
  }
}

/**
 * Removes a file.
 *
 * @param owner Who removes it.
 * @param path The file.
 * @throws {CommandError} If the owner can't.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function removeAs(owner: Owner, path: string): Promise<void> {
  await runAs(owner, ["/usr/bin/rm", "-f", "--", path]);
}

/**
 * Makes a folder.
 *
 * @param owner Who makes it.
 * @param path The folder; it may be there.
 * @param mode Its mode, if it is not there.
 * @throws {CommandError} If the owner can't.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function makeFolderAs(owner: Owner, path: string, mode: number): Promise<void> {
  await runAs(owner, ["/usr/bin/mkdir", "-p", `--mode=${mode.toString(8)}`, "--", path]);
}

/**
 * Removes a folder, if it is there and empty.
 *
 * @param owner Who removes it.
 * @param path The folder.
 * @throws {CommandError} If setpriv is not installed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export async function removeFolderAs(owner: Owner, path: string): Promise<void> {
  try {
    await runAs(owner, ["/usr/bin/rmdir", "--ignore-fail-on-non-empty", "--", path]);
  } catch (error) {
    if (!(error instanceof CommandError) || !error.stderr.includes("No such file")) throw error;
  }
}

function temporaryOf(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}${TEMPORARY}`;
}

async function runAs(owner: Owner, argv: readonly string[], options: RunOptions = {}): Promise<void> {
  await runCommand("setpriv", [...owner, "--", ...argv], options);
}
