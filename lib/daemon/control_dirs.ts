/**
 * The folders of outer's control sockets.
 *
 * WHY root moves the sockets: outer may be compromised, and could at any time replace a socket in its own folder by a link
 * to the socket of another program. Nobody but root can change anything in root's folder, or enter it.
 *
 * @module
 */

import {
  CONTROL_DIR,
  CONTROL_KINDS,
  controlSocket,
  NEW_SOCKET_DIR,
  newControlSocket,
  OUTER_SLOTS,
} from "../outer_sockets.ts";
import { discard } from "../discard.ts";
import { log } from "../log.ts";
import { OUTER } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import { ensureFolder } from "./ensure_folder.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";

/**
 * Makes both folders.
 *
 * @param owner The user that all daemons run as, if there is one.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function ensureControlDirs(owner: Owner): void {
  ensureFolder(CONTROL_DIR, { uid: 0, gid: 0, mode: 0o700 });
  const gid = groupOf(owner, OUTER);
  // Where all daemons are one user, only the group keeps out what else runs as that user.
  const access = owner === undefined ? { uid: userOf(owner, OUTER), mode: 0o700 } : { uid: 0, mode: 0o770 };
  ensureFolder(NEW_SOCKET_DIR, { ...access, gid });
}

/**
 * Moves the sockets that outers have made to root's folder. A socket there of an outer that has ended is replaced.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function moveControlSockets(): Promise<void> {
  for (const slot of OUTER_SLOTS) {
    for (const kind of CONTROL_KINDS) await moveSocket(newControlSocket(kind, slot), controlSocket(kind, slot));
  }
}

async function moveSocket(from: string, to: string): Promise<void> {
  const info = lstatIfThere(from);
  if (info === undefined) return;
  if (!info.isSocket) return await refuse(from, info.uid);
  try {
    await Deno.rename(from, to);
  } catch (error) {
    // Outer has just removed it, or put a folder there.
    log.warning("Cannot move a control socket", { path: from, error: String(error) });
    return;
  }
  // Outer may have replaced it since the first look, and can't any more.
  const moved = lstatIfThere(to);
  if (moved !== undefined && !moved.isSocket) await refuse(to, moved.uid);
}

async function refuse(path: string, uid: number | null): Promise<void> {
  log.warning("Removing what is in the place of a socket", { path, uid });
  await discard(path);
}
