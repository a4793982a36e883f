/**
 * The first part of a pass: the files of the daemons that should run.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { daemonFlags } from "../permissions/daemon_flags.ts";
import type { Form } from "../permissions/form.ts";
import { innerOf, OUTER } from "../role.ts";
import { ensureControlDirs } from "./control_dirs.ts";
import type { Desired } from "./desired.ts";
import { ensureLog } from "./log_file.ts";
import { groupsOf, userOf } from "./owner.ts";
import type { Wanted, WantedDaemon } from "./daemon_plan.ts";
import { ensureProxyDir, writeInnerRoutes, writeOuterRoutes } from "./route_files.ts";
import { ensureStringDir, ensureStringsDir } from "./string_dir.ts";

/**
 * Makes the files of all daemons that should run, and writes their routes. An inner whose files can't be written goes on with
 * the old ones, so that one bridge takes no other down.
 *
 * @param desired What should run.
 * @param host The inode of the host's network namespace.
 * @param form In which form the daemons are there.
 * @param failures What could not be done is added to it, a line each.
 * @returns The daemons that should run.
 * @throws {Error} If outer's routes can't be written. Then no inner's were, either, so that the next pass finds them changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
 */
export async function prepare(desired: Desired, host: number, form: Form, failures: string[]): Promise<Wanted> {
  const { bridges, owner } = desired;
  if (bridges.size === 0) return { outer: undefined, inners: [] };
  const attempt = async <T>(what: string, work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      failures.push(`Cannot ${what}: ${describe(error)}`);
      return undefined;
    }
  };
  await ensureProxyDir();
  ensureStringsDir();
  await attempt("make the folders of the control sockets", () => ensureControlDirs(owner));
  for (const role of [OUTER, ...[...bridges.keys()].map(innerOf)]) {
    await attempt(`open the log of ${role.bridge ?? role.title}`, () => ensureLog(role, owner));
  }
  // Before outer's sockets are looked for: what is in the place of one goes.
  for (const bridge of bridges.keys()) {
    await attempt(`make the folder of ${bridge}`, () => ensureStringDir(bridge, owner));
  }
  const outer: WantedDaemon = {
    role: OUTER,
    netns: host,
    uid: userOf(owner, OUTER),
    groups: groupsOf(owner, OUTER, bridges.keys()),
    flags: daemonFlags(OUTER, bridges, form),
    changed: await writeOuterRoutes(desired),
  };
  const inners: WantedDaemon[] = [];
  for (const [bridge, { netns }] of bridges) {
    const role = innerOf(bridge);
    const changed = await attempt(`write the routes of ${bridge}`, () => writeInnerRoutes(bridge, desired)) ?? false;
    const flags = daemonFlags(role, bridges, form);
    inners.push({ role, netns, uid: userOf(owner, role), groups: [], flags, changed });
  }
  return { outer, inners };
}
