/**
 * Root's files that a proxy writes to: its log and its counts. Other users may be able to write to the log's folder,
 * and a proxy may be compromised. Root therefore checks a file before it opens it, uses only the descriptor afterwards,
 * and follows no link.
 *
 * WHY not O_NOFOLLOW: Deno resolves links itself and passes the resulting path to the kernel, so the flag has no
 * effect. Instead, the open file is compared with the one that was checked.
 *
 * @module
 */

import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync, readSync } from "node:fs";
import { TproxyError } from "./errors.ts";
import { log } from "./log.ts";
import { codeOf } from "./regular_file.ts";
import { lstatIfThere } from "./run_dir.ts";

/** O_NONBLOCK is needed because opening a FIFO would wait for its other end. */
const { O_NONBLOCK, O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;

/** How often to try again if the file changes between the check and the open. */
const TRIES = 3;

/** The properties that decide whether root uses a file. */
type Facts = Pick<Deno.FileInfo, "isFile" | "nlink" | "uid">;

/** The owner, the group and the mode of a file. */
export interface Access {
  /** Its owner's user ID. */
  readonly uid: number;
  /** Its group ID. */
  readonly gid: number;
  /** Its mode. */
  readonly mode: number;
}

/** The identity of a file, which differs if another file has replaced it. */
type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

/**
 * Opens a file that a proxy writes to, or creates it. A link, a file with a second name, somebody else's file, or
 * anything that is not a regular file is moved away first.
 *
 * @param path The file.
 * @param users The users who may own it now, besides root: the present and former users of the proxy.
 * @param access The owner, group and mode that it gets.
 * @returns A descriptor for appending. The caller closes it.
 * @throws {TproxyError} If somebody keeps replacing the file, or the user or group does not exist here.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for its folder.
 */
export async function openShared(path: string, users: readonly number[], access: Access): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const info = await lstatIfThere(path);
    if (info !== undefined && !isUsable(info, users)) {
      const away = `${path}.not-ours-${Date.now()}`;
      await Deno.rename(path, away);
      log.warning("Moved away what is no file of ours", { path, to: away, uid: info.uid, links: info.nlink });
      continue;
    }
    const how = info === undefined ? O_CREAT | O_EXCL : O_NONBLOCK;
    const fd = open(path, O_WRONLY | O_APPEND | how);
    if (fd === undefined) continue;
    try {
      const opened = factsOf(fd);
      if (isUsable(opened, users) && (info === undefined || isSame(info, opened))) {
        giveTo(fd, opened, access);
        return fd;
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
  throw new TproxyError(`${path} does not stay what it is`, `see who may write to its folder, and let nobody but root`);
}

/**
 * Ensures that a file exists that a proxy writes to. A file that has the right access already is not opened.
 *
 * @param path The file.
 * @param users As for {@linkcode openShared}.
 * @param access The owner, group and mode that it should have.
 * @throws {TproxyError} As {@linkcode openShared}.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for its folder.
 */
export async function ensureAccess(path: string, users: readonly number[], access: Access): Promise<void> {
  const info = await lstatIfThere(path);
  const isRight = info !== undefined && info.isFile && info.nlink === 1 && info.uid === access.uid &&
    info.gid === access.gid && ((info.mode ?? 0) & 0o7777) === access.mode;
  if (!isRight) closeSync(await openShared(path, users, access));
}

/**
 * Ensures that a file of root's exists that one proxy may read and write, and nobody else.
 *
 * @param path The file.
 * @param uid The user of the proxy.
 * @param gid The group of the proxy.
 * @throws {TproxyError} As {@linkcode openShared}.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for its folder.
 */
export async function ensureShared(path: string, uid: number, gid: number): Promise<void> {
  await ensureAccess(path, [uid], { uid: 0, gid, mode: 0o660 });
}

/**
 * Reads a file that a proxy writes to. The proxy may be compromised, so the file is checked first.
 *
 * @param path The file.
 * @param longest How long it may be, in bytes.
 * @returns Its text; `undefined` if it is missing, longer, or not a file of root's with one name.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readShared(path: string, longest: number): Promise<string | undefined> {
  const info = await lstatIfThere(path);
  if (info === undefined || !isUsable(info, [])) return undefined;
  const fd = open(path, O_RDONLY | O_NONBLOCK);
  if (fd === undefined) return undefined;
  try {
    const opened = factsOf(fd);
    if (!isUsable(opened, []) || !isSame(info, opened) || opened.size > longest) return undefined;
    // The file may have grown since. Reading one byte more shows it.
    const buffer = new Uint8Array(longest + 1);
    const length = readSync(fd, buffer);
    return length > longest ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

function isUsable({ isFile, nlink, uid }: Facts, users: readonly (number | null)[]): boolean {
  return isFile && nlink === 1 && (uid === 0 || users.includes(uid));
}

function isSame(one: Identity, other: Identity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function factsOf(fd: number): Facts & Identity & Access & { readonly size: number } {
  const stat = fstatSync(fd);
  const { nlink, uid, gid, dev, ino, size } = stat;
  return { isFile: stat.isFile(), nlink, uid, gid, mode: stat.mode & 0o7777, dev, ino, size };
}

/**
 * Gives a file its owner, group and mode, unless it has them already.
 *
 * WHY root owns it in between: only the owner may change the mode. The service lacks the capability that would let root
 * change the mode of somebody else's file.
 */
function giveTo(fd: number, is: Access, { uid, gid, mode }: Access): void {
  if (is.uid === uid && is.gid === gid && is.mode === mode) return;
  try {
    fchownSync(fd, 0, gid);
    fchmodSync(fd, mode);
    fchownSync(fd, uid, gid);
  } catch (cause) {
    if (codeOf(cause) !== "EINVAL") throw cause;
    throw new TproxyError(
      `The user ${uid} or the group ${gid} does not exist here, as in a container with a user namespace that does not map it`,
      'set ":tproxy_process_owner: root", or map users and groups from 1900000000 to 1916777216',
      { cause },
    );
  }
}

/** The errors that the kernel returns if the file was replaced after the check. */
const CHANGED = new Set(["EEXIST", "ENOENT", "ENXIO", "EISDIR", "ELOOP"]);

/** Opens a file; `undefined` if it has been replaced meanwhile. */
function open(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (CHANGED.has(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}
