/**
 * Creating root's files that a proxy writes to: its log and its counts. Other users may be able to write to the log's
 * folder, and a proxy may be compromised. Root therefore checks a file, and uses only its descriptor afterwards.
 *
 * @module
 */

import { TproxyError } from "./errors.ts";
import { log } from "./log.ts";
import { isUsable, loadNodeFs, type NodeFs, openChecked } from "./open_checked.ts";
import { codeOf } from "./error_code.ts";
import { lstatIfThere } from "./run_dir.ts";

/** How often to try again if the file changes between the check and the open. */
const TRIES = 3;

/** The owner, the group and the mode of a file. */
export interface Access {
  /** Its owner's user ID. */
  readonly uid: number;
  /** Its group ID. */
  readonly gid: number;
  /** Its mode. */
  readonly mode: number;
}

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
  const fs = await loadNodeFs();
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = fs.constants;
  for (let i = 0; i < TRIES; i++) {
    const info = lstatIfThere(path);
    if (info !== undefined && !isUsable(info, users)) {
      const away = `${path}.not-ours-${Date.now()}`;
      await Deno.rename(path, away);
      log.warning("Moved away a file that is not ours", { path, to: away, uid: info.uid, links: info.nlink });
      continue;
    }
    const file = openChecked(fs, path, O_WRONLY | O_APPEND | (info === undefined ? O_CREAT | O_EXCL : 0), users, info);
    if (file === undefined) continue;
    try {
      giveTo(fs, file.fd, file, access);
      return file.fd;
    } catch (error) {
      fs.closeSync(file.fd);
      throw error;
    }
  }
  throw new TproxyError(
    `Somebody keeps replacing ${path}`,
    "see who may write to its folder, and let only root write there",
  );
}

/**
 * Tells whether a file that a proxy writes to has the right access.
 *
 * @param info The file; `undefined` if there is none.
 * @param access The owner, group and mode that it should have.
 * @returns Whether it is a regular file of one name, and has them.
 */
export function hasAccess(info: Deno.FileInfo | undefined, { uid, gid, mode }: Access): boolean {
  return info !== undefined && info.isFile && info.nlink === 1 && info.uid === uid && info.gid === gid &&
    ((info.mode ?? 0) & 0o7777) === mode;
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
  if (hasAccess(lstatIfThere(path), access)) return;
  const fd = await openShared(path, users, access);
  (await loadNodeFs()).closeSync(fd);
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
 * Gives a file its owner, group and mode, unless it has them already.
 *
 * WHY root owns it in between: only the owner may change the mode. The service lacks the capability that would let root
 * change the mode of somebody else's file.
 */
function giveTo(fs: NodeFs, fd: number, is: Access, { uid, gid, mode }: Access): void {
  if (is.uid === uid && is.gid === gid && is.mode === mode) return;
  try {
    fs.fchownSync(fd, 0, gid);
    fs.fchmodSync(fd, mode);
    fs.fchownSync(fd, uid, gid);
  } catch (cause) {
    if (codeOf(cause) !== "EINVAL") throw cause;
    throw new TproxyError(
      `The user ${uid} or the group ${gid} does not exist here, as in a container with a user namespace that does not map it`,
      'set ":tproxy_process_owner: root", or map users and groups from 1900000000 to 1916777216',
      { cause },
    );
  }
}
