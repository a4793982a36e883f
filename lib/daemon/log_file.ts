/**
 * The log of a daemon. Root makes it, since a daemon may make no files.
 *
 * @module
 */

import type { Role } from "../role.ts";
import { readSharedEnd } from "../read_shared.ts";
import { lstatIfThere } from "../run_dir.ts";
import { type Access, ensureAccess, hasAccess, openShared } from "../shared_file.ts";
import { groupOf, numberOf, type Owner, userOf } from "./owner.ts";
import { findLogReaders } from "./user_database.ts";

/** How much of a log is read at most, in bytes. */
const LONGEST_PART = 16 * 1024;

/** Looked up once: the host's groups do not change under a command, and a watch goes on with what it found. */
let readers: Promise<number | undefined> | undefined;

/**
 * Opens a daemon's log, and makes it if it is not there. The daemon may write to it. The host's log readers may read
 * it, unless `:tproxy_process_owner:` names a user: then the group of the file keeps each inner from the logs of
 * others.
 *
 * @param role What the daemon is.
 * @param owner The user that all daemons run as, if there is one.
 * @returns A descriptor to append to it, to be closed by the caller.
 * @throws {import("../errors.ts").TproxyError} If somebody else keeps putting other things there, or getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/var/log`, and
 * `--allow-run=/usr/bin/getent`.
 */
export async function openLog(role: Role, owner: Owner): Promise<number> {
  return await openShared(role.log, ...await accessOf(role, owner));
}

/**
 * Reads what a daemon's log has got lately.
 *
 * @param role What the daemon is.
 * @param owner The user that all daemons run as, if there is one.
 * @param from How long the log was before, in bytes.
 * @returns What was written since then, of which the last 16 KiB.
 * @throws {import("../errors.ts").TproxyError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for `/var/log`, and `--allow-run=/usr/bin/getent`.
 */
export async function readLogSince(role: Role, owner: Owner, from: number): Promise<string> {
  const [users] = await accessOf(role, owner);
  return await readSharedEnd(role.log, users, from, LONGEST_PART) ?? "";
}

/** Who may own a log so far, and whose it should be. */
async function accessOf(role: Role, owner: Owner): Promise<[users: number[], access: Access]> {
  const group = owner === undefined ? await (readers ??= findLogReaders()) : undefined;
  const uid = userOf(owner, role);
  const access: Access = group === undefined
    ? { uid: 0, gid: groupOf(owner, role), mode: 0o660 }
    : { uid, gid: group, mode: 0o640 };
  return [[uid, numberOf(role)], access];
}

/**
 * Makes a daemon's log if it is not there, as {@linkcode openLog} does; one that is as it should be is not opened. Whom
 * root has let read it is looked up when the daemon starts.
 *
 * @param role What the daemon is.
 * @param owner The user that all daemons run as, if there is one.
 * @throws {import("../errors.ts").TproxyError} As {@linkcode openLog}.
 * @throws {Deno.errors.NotCapable} As {@linkcode openLog}.
 */
export async function ensureLog(role: Role, owner: Owner): Promise<void> {
  if (owner === undefined && hasReaders(role)) return;
  await ensureAccess(role.log, ...await accessOf(role, owner));
}

/**
 * Tells whether a log of a proxy that is a user of its own has been given to a group. Only root can have done that, since
 * the proxy is in no group but its own; so a VM's start need not wait for getent.
 */
function hasReaders(role: Role): boolean {
  const info = lstatIfThere(role.log);
  const [own, group] = [numberOf(role), info?.gid ?? 0];
  return group !== 0 && group !== own && hasAccess(info, { uid: own, gid: group, mode: 0o640 });
}
