/**
 * The files under `/run/one_tproxy` that say what daemons serve, and those that daemons write to.
 *
 * @module
 */

import { endpointsByBridge } from "../address.ts";
import { CONTROL_DIR, NEW_SOCKET_DIR } from "../outer_sockets.ts";
import { discard, DISCARDED, removeDiscarded } from "../discard.ts";
import { describe } from "../errors.ts";
import { withOptions } from "../limits_codec.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { PROXY_DIR, RUN_DIR, STRINGS_DIR } from "../paths.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { renderInnerRoutes, renderOuterRoutes } from "../protocol/routes.ts";
import { removeIfThere, replaceFile } from "../run_dir.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { ensureShared } from "../shared_file.ts";
import type { Desired } from "./desired.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";
import { findSockets } from "./string_dir.ts";

/**
 * The options of the file system of all that proxies may write: a folder, a socket and nine short files for each of
 * 2,000 bridges. Outer has to make sockets, so it may make any number of files. In a file system of its own they can't
 * fill `/run`, on which the whole host depends.
 */
const PROXY_DIR_OPTIONS = "size=64m,nr_inodes=32768,mode=0755,nosuid,nodev,noexec";

/**
 * Makes the folder of all that proxies may write, with a file system of its own, if it is not there.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`, and
 * `--allow-run=/usr/bin/mount`.
 */
export async function ensureProxyDir(): Promise<void> {
  await Deno.mkdir(PROXY_DIR, { recursive: true, mode: 0o755 });
  const [outside, inside] = await Promise.all([Deno.lstat(RUN_DIR), Deno.lstat(PROXY_DIR)]);
  // A mounted file system is another device.
  if (inside.dev !== outside.dev) return;
  try {
    await runCommand("mount", ["-t", "tmpfs", "-o", PROXY_DIR_OPTIONS, "one_tproxy", PROXY_DIR]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.warning(`The proxies have no file system of their own and can fill /run: ${describe(error)}`);
  }
}

/**
 * Writes outer's routes.
 *
 * @param desired What should run.
 * @returns Whether outer has to read them, since they have changed or one of its sockets is gone.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeOuterRoutes({ owner, debugLevel, limits, bridges }: Desired): Promise<boolean> {
  await ensureShared(OUTER.statsFile, userOf(owner, OUTER), groupOf(owner, OUTER));
  const routes = renderOuterRoutes({ debugLevel, limits, bridges: endpointsByBridge(bridges) });
  const changed = replaceFile(OUTER.routesFile, routes, groupOf(owner, OUTER));
  return changed || [...findSockets([...bridges.keys()]).values()].includes(undefined);
}

/**
 * Writes the routes of a bridge's inner.
 *
 * @param bridge The bridge.
 * @param desired What should run.
 * @returns Whether they have changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeInnerRoutes(bridge: BridgeName, desired: Desired): Promise<boolean> {
  const role = innerOf(bridge);
  const { owner, debugLevel, limits } = desired;
  const ports = (desired.bridges.get(bridge)?.endpoints ?? [])
    .map(({ servicePort, options }) => ({ servicePort, ...withOptions(options) }));
  const group = groupOf(owner, role);
  await ensureShared(role.statsFile, userOf(owner, role), group);
  return replaceFile(role.routesFile, renderInnerRoutes({ debugLevel, limits, ports }), group);
}

/**
 * Makes the files in which daemons publish what their streams take of the limits, one for each daemon.
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
 * Removes the files of bridges that have no proxy any more, and those of former versions.
 *
 * @param keep The bridges that have a proxy.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function removeLeftovers(keep: ReadonlySet<BridgeName>): Promise<void> {
  const roles = keep.size === 0 ? [] : [OUTER, ...[...keep].map(innerOf)];
  const kept = new Set([
    PROXY_DIR,
    ...(keep.size === 0 ? [] : [CONTROL_DIR, NEW_SOCKET_DIR, STRINGS_DIR]),
    ...[PROXY_DIR, RUN_DIR].map((folder) => `${folder}/${DISCARDED}`),
    ...[...keep].map((bridge) => namesOf(bridge).stringDir),
    ...roles.flatMap(({ routesFile, statsFile, usageFiles }) => [routesFile, statsFile, ...usageFiles]),
  ]);
  for (const folder of [PROXY_DIR, STRINGS_DIR]) {
    for (const { name } of list(folder)) {
      if (!kept.has(`${folder}/${name}`)) await discard(`${folder}/${name}`);
    }
  }
  for (const { name, isDirectory } of list(RUN_DIR)) {
    const path = `${RUN_DIR}/${name}`;
    // Former versions had a folder for each bridge here, and the counts.
    const isFormer = isDirectory || /^(?:outer|inner)-stats\./.test(name);
    if (!kept.has(path) && (isFormer || name.startsWith("inner-ports."))) await discard(path);
  }
  if (keep.size === 0) removeIfThere(OUTER.routesFile);
  removeDiscarded();
}

function list(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
