/**
 * The files under `/run/one_tproxy` by which the daemons learn what to serve.
 *
 * @module
 */

import { withOptions } from "../limits_json.ts";
import { type BridgeName, namesOf, OUTER_LOG, RUN_DIR, RUN_FILES } from "../names.ts";
import { renderInnerRoutes, renderOuterRoutes } from "../routes.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import type { Desired } from "./desired.ts";
import { groupOf, userOf } from "./owner.ts";
import { ensureOwnFile } from "./spawn.ts";

/** Only the bridge's own group comes in, and the sticky bit keeps it from replacing what root put there. */
const BRIDGE_DIR_MODE = 0o1770;

/**
 * Writes outer's routes.
 *
 * @param desired What should run.
 * @returns Whether outer has to read them: they differ from what was there, or one of its sockets is gone.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeOuterRoutes({ owner, debugLevel, limits, bridges }: Desired): Promise<boolean> {
  const group = groupOf(owner, undefined);
  await ensureOwnFile(OUTER_LOG, group);
  await ensureOwnFile(RUN_FILES.outerStats, group);
  const endpoints = new Map([...bridges].map(([bridge, { endpoints }]) => [bridge, endpoints]));
  const routes = renderOuterRoutes({ debugLevel, limits, bridges: endpoints });
  const changed = await replaceFile(RUN_FILES.outerRoutes, routes, group);
  const sockets = await Promise.all([...bridges.keys()].map((bridge) => lstatIfThere(namesOf(bridge).socket)));
  return changed || sockets.includes(undefined);
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
  const { runDir, portsFile, log, statsFile } = names;
  const { owner, debugLevel, limits } = desired;
  const ports = (desired.bridges.get(bridge)?.endpoints ?? [])
    .map(({ servicePort, options }) => ({ servicePort, ...withOptions(options) }));
  await Deno.mkdir(runDir, { recursive: true, mode: 0o700 });
  const group = groupOf(owner, bridge);
  await Deno.chown(runDir, 0, group);
  await Deno.chmod(runDir, BRIDGE_DIR_MODE);
  // Sockets that a former owner's outer left could neither be removed nor replaced by the present one's.
  for (const socket of [names.socket, names.nextSocket]) {
    const uid = (await lstatIfThere(socket))?.uid;
    if (uid !== undefined && uid !== userOf(owner, undefined)) await removeIfThere(socket);
  }
  await ensureOwnFile(log, group);
  await ensureOwnFile(statsFile, group);
  return await replaceFile(portsFile, renderInnerRoutes({ debugLevel, limits, ports }), group);
}

/**
 * Removes the folders and counts of bridges that have no proxy any more; there are no other folders.
 *
 * @param keep The bridges that have one.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeLeftovers(keep: ReadonlySet<BridgeName>): Promise<void> {
  const keptStats = new Set([...keep].map((bridge) => namesOf(bridge).statsFile));
  for await (const { name, isDirectory } of Deno.readDir(RUN_DIR)) {
    const path = `${RUN_DIR}/${name}`;
    if (name.startsWith("inner-stats.") && !keptStats.has(path)) await removeIfThere(path);
    if (isDirectory && !keep.has(name as BridgeName)) await removeIfThere(path);
  }
  if (keep.size > 0) return;
  for (const file of [RUN_FILES.outerRoutes, RUN_FILES.outerStats]) await removeIfThere(file);
}
