/**
 * Reading a file that somebody else may have written. It has to be a regular file and not too long.
 *
 * @module
 */

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { InputError } from "./errors.ts";

/**
 * Reads a regular file.
 *
 * WHY not `Deno.open()`: on a FIFO, it waits for ever for a writer. With O_NONBLOCK, the file opens at once. The check
 * then uses the open descriptor, so nobody can replace the file in between.
 *
 * @param path The file; a link is followed.
 * @param maxBytes How long it may be.
 * @returns Its contents.
 * @throws {InputError} If it is not a regular file, or is too long. The message gives the reason only, since the caller
 * knows what the file is for.
 * @throws {Error} If it can't be opened or read: what `node:fs` throws, with a `code` such as `ENOENT` or `EACCES`.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function readRegularFile(path: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  // Opening a device may do something to it already.
  if (!statSync(path).isFile()) throw new InputError("it is not a regular file");
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(file);
    if (!info.isFile()) throw new InputError("it is not a regular file");
    if (info.size > maxBytes) throw new InputError(`it is larger than ${maxBytes / 1024} KiB`);
    // Bytes that are appended meanwhile are not read.
    const buffer = new Uint8Array(info.size);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
