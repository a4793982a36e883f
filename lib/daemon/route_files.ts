/**
 * The files under `/run/one_tproxy` by which the daemons learn what to serve, and those that they write to.
 *
 * @module
 */

import { discard, DISCARDED, removeDiscarded } from "../discard.ts";
import { describe } from "../errors.ts";
import { withOptions } from "../limits_json.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf, PROXY_DIR, RUN_DIR } from "../names.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { renderInnerRoutes, renderOuterRoutes } from "../protocol/routes.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { ensureShared } from "../shared_file.ts";
import type { Desired } from "./desired.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";

/**
 * The file system of all that proxies may write: a folder, two sockets and nine short files for each of 2,000 bridges.
 *
 * WHY it is one of its own: outer has to make sockets, and may thus make files, as many as it likes. In here they can't fill
 * `/run`, on which the whole host depends.
 */
const PROXY_DIR_OPTIONS = "size=64m,nr_inodes=32768,mode=0755,nosuid,nodev,noexec";

/**
 * Makes the folder of all that proxies may write, if it is not there.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`, and
 * `--allow-run=/usr/bin/mount`.
 */
export async function ensureProxyDir(): Promise<void> {
  await Deno.mkdir(PROXY_DIR, { recursive: true, mode: 0o755 });
  const [outside, inside] = await Promise.all([Deno.lstat(RUN_DIR), Deno.lstat(PROXY_DIR)]);
  // What is mounted is another device.
  if (inside.dev !== outside.dev) return;
  try {
    await runCommand("mount", ["-t", "tmpfs", "-o", PROXY_DIR_OPTIONS, "one_tproxy", PROXY_DIR]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.warning(`The proxies have no file system of their own, so that they could fill /run: ${describe(error)}`);
  }
}

/**
 * Writes outer's routes.
 *
 * @param desired What should run.
 * @returns Whether outer has to read them: they differ from what was there, or one of its sockets is gone.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeOuterRoutes({ owner, debugLevel, limits, bridges }: Desired): Promise<boolean> {
  await ensureShared(OUTER.statsFile, userOf(owner, OUTER), groupOf(owner, OUTER));
  const endpoints = new Map([...bridges].map(([bridge, { endpoints }]) => [bridge, endpoints]));
  const routes = renderOuterRoutes({ debugLevel, limits, bridges: endpoints });
  const changed = await replaceFile(OUTER.routesFile, routes, groupOf(owner, OUTER));
  const sockets = await Promise.all([...bridges.keys()].map((bridge) => lstatIfThere(namesOf(bridge).socket)));
  return changed || sockets.includes(undefined);
}

/**
 * Makes the folder of one bridge's string and writes its inner's routes.
 *
 * @param bridge The bridge.
 * @param desired What should run.
 * @returns Whether they differ from what was there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeInnerRoutes(bridge: BridgeName, desired: Desired): Promise<boolean> {
  const { socket, nextSocket } = namesOf(bridge);
  const role = innerOf(bridge);
  const { owner, debugLevel, limits } = desired;
  const ports = (desired.bridges.get(bridge)?.endpoints ?? [])
    .map(({ servicePort, options }) => ({ servicePort, ...withOptions(options) }));
  const group = groupOf(owner, role);
  await ensureStringDir(bridge, owner);
  for (const path of [socket, nextSocket]) {
    const info = await lstatIfThere(path);
    if (info === undefined || info.isSocket) continue;
    log.warning("Removing what is in the place of a socket", { path, uid: info.uid });
    await discard(path);
  }
  await ensureShared(role.statsFile, userOf(owner, role), group);
  return await replaceFile(role.routesFile, renderInnerRoutes({ debugLevel, limits, ports }), group);
}

/** The inode of each bridge's socket: another one is that of an outer which has taken over. */
export type Sockets = ReadonlyMap<BridgeName, number | null | undefined>;

/**
 * Finds out which sockets inners find now.
 *
 * @param bridges The bridges.
 * @returns The inode of each bridge's socket; `undefined` where there is none.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function findSockets(bridges: readonly BridgeName[]): Promise<Sockets> {
  return new Map(
    await Promise.all(bridges.map(async (bridge) => {
      return [bridge, (await lstatIfThere(namesOf(bridge).socket))?.ino] as const;
    })),
  );
}

/**
 * Removes the sockets that have taken the places of others; whoever runs makes its own again when it is told to reload.
 *
 * @param before Those that were there.
 * @returns Whether there were any.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeNewSockets(before: Sockets): Promise<boolean> {
  const now = await findSockets([...before.keys()]);
  const replaced = [...now].filter(([bridge, inode]) => inode !== undefined && inode !== before.get(bridge));
  for (const [bridge] of replaced) await discard(namesOf(bridge).socket);
  return replaced.length > 0;
}

/**
 * Makes sure that there are enough files for what the streams of a role's daemons take of the limits: one for each.
 *
 * @param role What the daemons are.
 * @param owner The user that all daemons run as, if there is one.
 * @param count How many daemons of the role there will be.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function ensureUsageFiles(role: Role, owner: Owner, count: number): Promise<void> {
  for (const path of role.usageFiles.slice(0, count)) {
    await ensureShared(path, userOf(owner, role), groupOf(owner, role));
  }
}

/**
 * Makes a bridge's folder: outer makes and renames sockets in it, inner finds its socket there, others find nothing.
 *
 * WHY outer's own user owns it: inner is in the bridge's group, and may go through the folder only. Where all are one user,
 * outer needs the group to write, as nothing but the group keeps out what else runs as that user; then inner may write, too.
 */
async function ensureStringDir(bridge: BridgeName, owner: Owner): Promise<void> {
  const { stringDir } = namesOf(bridge);
  const wanted = owner === undefined ? { uid: userOf(owner, OUTER), mode: 0o710 } : { uid: 0, mode: 0o770 };
  const group = groupOf(owner, innerOf(bridge));
  await Deno.mkdir(stringDir, { recursive: true, mode: 0o700 });
  const { uid, gid, mode } = await Deno.lstat(stringDir);
  if (uid === wanted.uid && gid === group && ((mode ?? 0) & 0o7777) === wanted.mode) return;
  // Only a folder's owner may change its mode, unless root has all its capabilities, which the service has not.
  await Deno.chown(stringDir, 0, group);
  await Deno.chmod(stringDir, wanted.mode);
  await Deno.chown(stringDir, wanted.uid, group);
}

/**
 * Removes the files of bridges that have no proxy any more, and what former versions left.
 *
 * @param keep The bridges that have one.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeLeftovers(keep: ReadonlySet<BridgeName>): Promise<void> {
  const roles = keep.size === 0 ? [] : [OUTER, ...[...keep].map(innerOf)];
  const kept = new Set([
    PROXY_DIR,
    ...[PROXY_DIR, RUN_DIR].map((folder) => `${folder}/${DISCARDED}`),
    ...[...keep].map((bridge) => namesOf(bridge).stringDir),
    ...roles.flatMap(({ routesFile, statsFile, usageFiles }) => [routesFile, statsFile, ...usageFiles]),
  ]);
  for (const { name } of await list(PROXY_DIR)) {
    const path = `${PROXY_DIR}/${name}`;
    if (!kept.has(path)) await discard(path);
  }
  for (const { name, isDirectory } of await list(RUN_DIR)) {
    const path = `${RUN_DIR}/${name}`;
    // Former versions had a folder for each bridge here, and the counts.
    const isFormer = isDirectory || /^(?:outer|inner)-stats\./.test(name);
    if (!kept.has(path) && (isFormer || name.startsWith("inner-ports."))) await discard(path);
  }
  if (keep.size === 0) await removeIfThere(OUTER.routesFile);
  removeDiscarded();
}

async function list(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
