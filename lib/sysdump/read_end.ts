/**
 * Reading the end of a file that may be long.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/**
 * Reads the end of a file.
 *
 * @param path The file, in a folder where nobody but root makes files.
 * @param most How many bytes at most.
 * @returns Its text, from the beginning of a line on if it is not the whole.
 * @throws {InputError} If it is no regular file.
 * @throws {Deno.errors.NotFound} If it is not there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readEnd(path: string, most: number): Promise<string> {
  const { isFile, size } = await Deno.lstat(path);
  if (!isFile) throw new InputError(`${path} is not a regular file`);
  using file = await Deno.open(path);
  const start = Math.max(0, size - most);
  await file.seek(start, Deno.SeekMode.Start);
  const buffer = new Uint8Array(size - start);
  let length = 0;
  while (length < buffer.length) {
    const read = await file.read(buffer.subarray(length));
    if (read === null) break;
    length += read;
  }
  const text = new TextDecoder().decode(buffer.subarray(0, length));
  return start === 0 ? text : text.slice(text.indexOf("\n") + 1);
}
