/**
 * Opening a file that somebody else may replace at any moment. The file is checked before it is opened, and the open
 * file is compared with the one that was checked. No link is followed.
 *
 * WHY not O_NOFOLLOW: Deno resolves links itself and passes the resulting path to the kernel, so the flag has no
 * effect.
 *
 * @module
 */

import { codeOf } from "./error_code.ts";

/** `node:fs`, which opens files with flags that Deno's own functions do not have. */
export type NodeFs = typeof import("node:fs");

/**
 * Loads `node:fs`. It takes 40 ms of processor time, twice as long as the runtime itself, so only what really opens a
 * file with flags of its own loads it.
 *
 * @returns The module.
 */
export function loadNodeFs(): Promise<NodeFs> {
  return import("node:fs");
}

/** An open file and its properties. */
export interface CheckedFile {
  /** The descriptor. The caller closes it. */
  readonly fd: number;
  /** Its owner's user ID. */
  readonly uid: number;
  /** Its group ID. */
  readonly gid: number;
  /** Its permissions. */
  readonly mode: number;
  /** How long it is, in bytes. */
  readonly size: number;
}

/**
 * Tells whether root may use a file: it is a regular file with one name, and its owner may own it.
 *
 * @param info The file.
 * @param users The users who may own it, besides root.
 * @returns Whether it may be used.
 */
export function isUsable(info: Pick<Deno.FileInfo, "isFile" | "nlink" | "uid">, users: readonly number[]): boolean {
  return info.isFile && info.nlink === 1 && (info.uid === 0 || users.includes(info.uid ?? -1));
}

/**
 * Opens a file, or creates it.
 *
 * @param fs What {@linkcode loadNodeFs} loads.
 * @param path The file.
 * @param flags The flags of open(2).
 * @param users The users who may own it, besides root.
 * @param checked The file that was found there; `undefined` if there was none and the flags say to create it.
 * @returns The open file; `undefined` if it may not be used, or if another one has replaced it.
 * @throws {Error} If it can't be opened for any other reason: what `node:fs` throws.
 * @throws {Deno.errors.NotCapable} Without the permission to read or write it.
 */
export function openChecked(
  fs: NodeFs,
  path: string,
  flags: number,
  users: readonly number[],
  checked: Deno.FileInfo | undefined,
): CheckedFile | undefined {
  if (checked !== undefined && !isUsable(checked, users)) return undefined;
  // Opening a FIFO would wait for its other end without this flag.
  const fd = open(fs, path, flags | fs.constants.O_NONBLOCK);
  if (fd === undefined) return undefined;
  const stat = fs.fstatSync(fd);
  const { nlink, uid, gid, dev, ino, size } = stat;
  const isSame = checked === undefined || checked.dev === dev && checked.ino === ino;
  if (isSame && isUsable({ isFile: stat.isFile(), nlink, uid }, users)) {
    return { fd, uid, gid, mode: stat.mode & 0o7777, size };
  }
  fs.closeSync(fd);
  return undefined;
}

/** The errors that the kernel returns if the file was replaced after the check. */
const CHANGED = new Set(["EEXIST", "ENOENT", "ENXIO", "EISDIR", "ELOOP"]);

/** Opens a file; `undefined` if it has been replaced meanwhile. */
function open(fs: NodeFs, path: string, flags: number): number | undefined {
  try {
    return fs.openSync(path, flags, 0o600);
  } catch (error) {
    if (CHANGED.has(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}
