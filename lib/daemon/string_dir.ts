/**
 * The folder of a bridge's string, and the sockets in it.
 *
 * @module
 */

import { discard } from "../discard.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { STRINGS_DIR } from "../paths.ts";
import { innerOf, OUTER } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import type { Access } from "../shared_file.ts";
import { ensureFolder } from "./ensure_folder.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";

/**
 * Makes the folder of all bridges' folders, if it is not there.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function ensureStringsDir(): void {
  ensureFolder(STRINGS_DIR, { uid: 0, gid: 0, mode: 0o711 });
}

/**
 * Makes the folder of a bridge's string, into which outer moves its socket. The bridge's inner finds it there, and nobody
 * else finds anything. What is in the place of the socket and is none is removed.
 *
 * @param bridge The bridge.
 * @param owner The user that all daemons run as, if there is one.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function ensureStringDir(bridge: BridgeName, owner: Owner): Promise<void> {
  const { stringDir, socket } = namesOf(bridge);
  ensureFolder(stringDir, stringDirAccess(bridge, owner));
  const info = lstatIfThere(socket);
  if (info === undefined || info.isSocket) return;
  log.warning("Removing what is in the place of a socket", { path: socket, uid: info.uid });
  await discard(socket);
}

/**
 * Tells who may use the folder of a bridge's string.
 *
 * @param bridge The bridge.
 * @param owner The user that all daemons run as, if there is one.
 * @returns Its owner, group and mode.
 */
export function stringDirAccess(bridge: BridgeName, owner: Owner): Access {
  const gid = groupOf(owner, innerOf(bridge));
  return owner === undefined
    // Inner is in the bridge's group, and may go through the folder only. Outer is its owner, and in no such group.
    ? { uid: userOf(owner, OUTER), gid, mode: 0o710 }
    // Where all are one user, nothing but the group keeps out what else runs as that user, so outer writes by its group.
    : { uid: 0, gid, mode: 0o770 };
}

/** The inode of each bridge's socket. It changes when another outer takes over. */
export type Sockets = ReadonlyMap<BridgeName, number | null | undefined>;

/**
 * Finds out which sockets inners find now.
 *
 * @param bridges The bridges.
 * @returns The inode of each bridge's socket; `undefined` where there is none.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function findSockets(bridges: readonly BridgeName[]): Sockets {
  return new Map(bridges.map((bridge) => [bridge, lstatIfThere(namesOf(bridge).socket)?.ino]));
}

/**
 * Removes the sockets that have taken the places of others. The outer that runs makes its own again when it reloads.
 *
 * @param before The sockets that were there before.
 * @returns Whether any was removed.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeNewSockets(before: Sockets): Promise<boolean> {
  const now = findSockets([...before.keys()]);
  const replaced = [...now].filter(([bridge, inode]) => inode !== undefined && inode !== before.get(bridge));
  for (const [bridge] of replaced) await discard(namesOf(bridge).socket);
  return replaced.length > 0;
}
