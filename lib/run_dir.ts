/**
 * The folder `/run/one_tproxy`, and helpers for the files in it.
 *
 * WHY synchronous: the files are short, on a tmpfs, and wait for no disk. An asynchronous call wakes another thread, and
 * for ten files of each of a hundred bridges that is most of what a pass with nothing to do takes.
 *
 * @module
 */

import { TproxyError } from "./errors.ts";
import { RUN_DIR } from "./paths.ts";

/**
 * Creates `/run/one_tproxy` if it does not exist. Only root may write to it. The folders inside have modes of their
 * own.
 *
 * @throws {TproxyError} If it can't be created.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for it.
 */
export async function ensureRunDir(): Promise<void> {
  try {
    await Deno.mkdir(RUN_DIR, { recursive: true, mode: 0o755 });
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new TproxyError(`Cannot make ${RUN_DIR}: only root may`, "run it as root, for example with sudo", {
        cause,
      });
    }
    throw new TproxyError(`Cannot make ${RUN_DIR}`, "see that /run is there and not full", { cause });
  }
}

/**
 * Writes a file atomically: a reader finds the old text or the new one, never a part.
 *
 * @param path The file, under `/run/one_tproxy`.
 * @param text Its whole text.
 * @param gid The group that may read it.
 * @returns `false` if the file already had this text and this group.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for the file's folder.
 */
export function replaceFile(path: string, text: string, gid: number): boolean {
  if (isRootsFile(path, gid) && readIfThere(path) === text) return false;
  const temporary = `${path}.new`;
  removeIfThere(temporary);
  Deno.writeTextFileSync(temporary, text, { createNew: true, mode: 0o640 });
  Deno.chownSync(temporary, null, gid);
  Deno.renameSync(temporary, path);
  return true;
}

/** Tells whether a path is a regular file of root's and of this group. */
function isRootsFile(path: string, gid: number): boolean {
  const info = lstatIfThere(path);
  return info !== undefined && info.isFile && info.uid === 0 && info.gid === gid;
}

/**
 * Gets the status of a file that may be missing. It does not follow a link.
 *
 * @param path The file.
 * @returns Its status, or `undefined` if there is no such file.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function lstatIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Reads a file that may be missing.
 *
 * @param path The file.
 * @returns Its text, or `undefined` if there is no such file.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Removes a file that may be missing. A file in a folder that others may write to has to be removed with
 * `lib/discard.ts` instead.
 *
 * @param path The file.
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for it.
 */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
