/**
 * Files of root's that a proxy writes to: its log, and its counts. The log's folder may be open to others, and a proxy may
 * have been taken over; so root looks at what is there before it opens it, goes on with the descriptor alone, and follows no
 * link.
 *
 * WHY not O_NOFOLLOW: Deno follows links by itself before it opens a file, and hands the kernel the path that they lead to. So
 * what was opened is compared with what was looked at.
 *
 * @module
 */

import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync, readSync } from "node:fs";
import { TproxyError } from "./errors.ts";
import { log } from "./log.ts";
import { codeOf } from "./regular_file.ts";
import { lstatIfThere } from "./run_dir.ts";

/** Opening a FIFO would wait for its other end. */
const { O_NONBLOCK, O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;

/** How often to look again if what is there changes between two looks. */
const TRIES = 3;

/** What has to be so for root to use a file. */
type Facts = Pick<Deno.FileInfo, "isFile" | "nlink" | "uid">;

/** Whose a file is, and who may read and write it. */
export interface Access {
  /** The number of its user. */
  readonly uid: number;
  /** The number of its group. */
  readonly gid: number;
  /** The mode. */
  readonly mode: number;
}

/** What tells a file from another one that has taken its place. */
type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

/**
 * Opens a file that a proxy writes to; makes it if there is none. A link, a file with a second name, a file of somebody else's
 * and what is no file at all are moved away first.
 *
 * @param path The file.
 * @param users Who may own it so far, besides root: the user of the proxy, now or before.
 * @param access Whose it is from now on.
 * @returns A descriptor to append to it, to be closed by the caller.
 * @throws {TproxyError} If somebody else keeps putting other things there, or there is no such group here.
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
 * Ensures that a file exists which a proxy writes to. One that is as it should be is not even opened.
 *
 * @param path The file.
 * @param users As for {@linkcode openShared}.
 * @param access Whose it should be.
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
 * Ensures that a file of root's exists which one proxy may write to and nobody else may read.
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
 * Reads a file that a proxy writes to, whatever the proxy has made of it.
 *
 * @param path The file.
 * @param longest How many bytes it may have.
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
    // It may have grown since; one byte more tells.
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
 * Makes a file somebody's, if it is not yet.
 *
 * WHY it is root's in between: only the owner may change the mode, unless root has all its capabilities, which the service has
 * not.
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

/** What the kernel says if there is something else than a moment ago. */
const CHANGED = new Set(["EEXIST", "ENOENT", "ENXIO", "EISDIR", "ELOOP"]);

/** Opens a file; `undefined` if it has changed meanwhile. */
function open(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (CHANGED.has(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}
