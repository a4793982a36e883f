/**
 * Reading root's files that a proxy writes to: its log and its counts. A proxy may be compromised, so a file is checked
 * before it is read, and a part that is too long is not read.
 *
 * @module
 */

import { closeSync, constants, readSync } from "node:fs";
import { type CheckedFile, openChecked } from "./open_checked.ts";
import { lstatIfThere } from "./run_dir.ts";

/**
 * Reads a whole file.
 *
 * @param path The file.
 * @param longest How long it may be, in bytes.
 * @returns Its text; `undefined` if it is missing, longer, or not a file of root's with one name.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readShared(path: string, longest: number): Promise<string | undefined> {
  return await useFile(path, [], ({ fd, size }) => {
    // The file may have grown since. Reading one byte more shows it.
    const bytes = size > longest ? undefined : readAt(fd, 0, longest + 1);
    return bytes === undefined || bytes.length > longest ? undefined : new TextDecoder().decode(bytes);
  });
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
  return await useFile(path, users, ({ fd, size }) => {
    const begin = Math.max(from > size ? 0 : from, size - longest);
    return new TextDecoder().decode(readAt(fd, begin, longest));
  });
}

async function useFile<T>(
  path: string,
  users: readonly number[],
  use: (file: CheckedFile) => T,
): Promise<T | undefined> {
  const info = await lstatIfThere(path);
  const file = info && openChecked(path, constants.O_RDONLY, users, info);
  if (file === undefined) return undefined;
  try {
    return use(file);
  } finally {
    closeSync(file.fd);
  }
}

function readAt(fd: number, position: number, longest: number): Uint8Array {
  const buffer = new Uint8Array(longest);
  return buffer.subarray(0, readSync(fd, buffer, 0, longest, position));
}
