/**
 * Whether a folder is there.
 *
 * @module
 */

import { codeOf } from "../error_code.ts";

/**
 * Tells whether a folder is there.
 *
 * @param path The folder. One that this user may not look at counts as missing.
 * @returns Whether it is.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (isAbsence(error) || codeOf(error) === "EACCES") return false;
    throw error;
  }
}

/**
 * Tells whether an error says that something is not there.
 *
 * @param error What was thrown.
 * @returns Whether it does.
 */
export function isAbsence(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "");
}
