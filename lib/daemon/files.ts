/**
 * The files under `/run/one_tproxy` by which the daemons learn what to serve.
 *
 * @module
 */

import { type BridgeName, namesOf, RUN_DIR, RUN_FILES } from "../names.ts";
import { renderInnerRoutes, renderOuterRoutes } from "../routes.ts";
import { removeIfThere, replaceFile } from "../run_dir.ts";
import type { Desired } from "./desired.ts";
import { ensureLog } from "./spawn.ts";

/** Only members of the owner's group come in, and the sticky bit keeps them from replacing what root put there. */
const BRIDGE_DIR_MODE = 0o1770;

/**
 * Writes outer's routes.
 *
 * @param desired What should run.
 * @returns Whether they differ from what was there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeOuterRoutes({ owner, debugLevel, bridges }: Desired): Promise<boolean> {
  const endpoints = new Map([...bridges].map(([bridge, { endpoints }]) => [bridge, endpoints]));
  return await replaceFile(RUN_FILES.outerRoutes, renderOuterRoutes({ debugLevel, bridges: endpoints }), owner.gid);
}

/**
 * Makes one bridge's folder and writes its inner's routes.
 *
 * @param bridge The bridge.
 * @param desired What should run.
 * @returns Whether they differ from what was there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeInnerRoutes(bridge: BridgeName, desired: Desired): Promise<boolean> {
  const names = namesOf(bridge);
  const { runDir, portsFile, log } = names;
  const { owner, debugLevel } = desired;
  const ports = (desired.bridges.get(bridge)?.endpoints ?? []).map(({ servicePort }) => servicePort);
  await Deno.mkdir(runDir, { recursive: true, mode: 0o700 });
  await Deno.chown(runDir, 0, owner.gid);
  await Deno.chmod(runDir, BRIDGE_DIR_MODE);
  // Sockets that a former owner's outer left could neither be removed nor replaced by the present one's.
  for (const socket of [names.socket, names.nextSocket]) {
    if (await isOwnedByOther(socket, owner.uid)) await removeIfThere(socket);
  }
  await ensureLog(log, owner);
  return await replaceFile(portsFile, renderInnerRoutes({ debugLevel, ports }), owner.gid);
}

/**
 * Removes the folders of bridges that have no proxy any more; there are no other folders.
 *
 * @param keep The bridges that have one.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeLeftovers(keep: ReadonlySet<BridgeName>): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(RUN_DIR)) {
    if (isDirectory && !keep.has(name as BridgeName)) await removeIfThere(`${RUN_DIR}/${name}`);
  }
  if (keep.size === 0) await removeIfThere(RUN_FILES.outerRoutes);
}

async function isOwnedByOther(path: string, uid: number): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).uid !== uid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
