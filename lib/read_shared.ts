/**
 * Reading root's files that a proxy writes to: its log and its counts. A proxy may be compromised, so a file is checked
 * before it is read, and a part that is too long is not read.
 *
 * @module
 */

import { isUsable, loadNodeFs, openChecked } from "./open_checked.ts";
import { lstatIfThere } from "./run_dir.ts";

/** How much a file may have grown since it was looked at, in bytes. */
const GROWTH = 4096;

/**
 * Reads a whole file.
 *
 * @param path The file, in a folder that only root may write to.
 * @param longest How long it may be, in bytes.
 * @returns Its text; `undefined` if it is missing, longer, growing fast, or not a file of root's with one name.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function readShared(path: string, longest: number): string | undefined {
  const checked = lstatIfThere(path);
  if (checked === undefined || !isUsable(checked, [])) return undefined;
  // Not by `node:fs`, which takes longer to load than the rest of a start that finds all well: nobody but root can put
  // another file, a link or a FIFO in the place of this one.
  using file = openIfThere(path);
  if (file === undefined) return undefined;
  const { dev, ino, size } = file.statSync();
  if (dev !== checked.dev || ino !== checked.ino || size > longest) return undefined;
  // No buffer of the longest length: most files are far shorter. Reading one byte more shows whether it has grown too
  // much.
  const bytes = new Uint8Array(Math.min(longest, size + GROWTH) + 1);
  let length = 0;
  for (let count: number | null = 0; count !== null && length < bytes.length; length += count ?? 0) {
    count = file.readSync(bytes.subarray(length));
  }
  return length === bytes.length ? undefined : new TextDecoder().decode(bytes.subarray(0, length));
}

/**
 * Reads the end of a file.
 *
 * @param path The file.
 * @param users The users who may own it, besides root.
 * @param from Where to begin, in bytes. A file that is shorter is another one, and is read from its beginning.
 * @param longest How much to read at most, in bytes.
 * @returns Its text from there on, or the last part of it; `undefined` if it is missing or may not be used.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readSharedEnd(
  path: string,
  users: readonly number[],
  from: number,
  longest: number,
): Promise<string | undefined> {
  const info = lstatIfThere(path);
  if (info === undefined) return undefined;
  const fs = await loadNodeFs();
  const file = openChecked(fs, path, fs.constants.O_RDONLY, users, info);
  if (file === undefined) return undefined;
  try {
    const begin = Math.max(from > file.size ? 0 : from, file.size - longest);
    const buffer = new Uint8Array(longest);
    return new TextDecoder().decode(buffer.subarray(0, fs.readSync(file.fd, buffer, 0, longest, begin)));
  } finally {
    fs.closeSync(file.fd);
  }
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
