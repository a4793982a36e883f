/**
 * The file that a daemon logs to, which the daemon itself may not make.
 *
 * @module
 */

import { closeSync } from "node:fs";
import { type BridgeName, namesOf, OUTER_LOG } from "../names.ts";
import { type Access, openShared } from "../shared_file.ts";
import { findLogReaders, groupOf, numberOf, type Owner, userOf } from "./owner.ts";

/** Asked for once: the host's groups don't change under a command, and the watch can do with what it found. */
let readers: Promise<number | undefined> | undefined;

/**
 * Opens a daemon's log, and makes it if it is not there. The daemon may write to it, and the host's log readers may read it.
 *
 * WHY these may not where `:tproxy_process_owner:` names a user: there the group of the file is what keeps one bridge's
 * inner from the log of another's.
 *
 * @param bridge The bridge of an inner proxy; `undefined` for outer.
 * @param owner The user that all daemons run as, if there is one.
 * @returns A descriptor to append to it, to be closed by the caller.
 * @throws {import("../errors.ts").TproxyError} If somebody else keeps putting other things there, or getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/var/log`, and
 * `--allow-run=/usr/bin/getent`.
 */
export async function openLog(bridge: BridgeName | undefined, owner: Owner): Promise<number> {
  const group = owner === undefined ? await (readers ??= findLogReaders()) : undefined;
  const uid = userOf(owner, bridge);
  const access: Access = group === undefined
    ? { uid: 0, gid: groupOf(owner, bridge), mode: 0o660 }
    : { uid, gid: group, mode: 0o640 };
  return await openShared(logOf(bridge), [uid, numberOf(bridge)], access);
}

/**
 * Makes sure that a daemon's log is there, see {@linkcode openLog}.
 *
 * @param bridge The bridge of an inner proxy; `undefined` for outer.
 * @param owner The user that all daemons run as, if there is one.
 * @throws {import("../errors.ts").TproxyError} As {@linkcode openLog}.
 * @throws {Deno.errors.NotCapable} As {@linkcode openLog}.
 */
export async function ensureLog(bridge: BridgeName | undefined, owner: Owner): Promise<void> {
  closeSync(await openLog(bridge, owner));
}

/**
 * Names a daemon's log.
 *
 * @param bridge The bridge of an inner proxy; `undefined` for outer.
 * @returns Its path.
 */
export function logOf(bridge: BridgeName | undefined): string {
  return bridge === undefined ? OUTER_LOG : namesOf(bridge).log;
}
