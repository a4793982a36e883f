/**
 * `tproxy stop`: ending all daemons, and all that they have left.
 *
 * @module
 */

import { withDaemonLock } from "./daemon_lock.ts";
import { endEgress } from "./egress.ts";
import { endStrays, strayError } from "./end_strays.ts";
import { findDaemons } from "./find_daemons.ts";
import { removeLeftovers } from "./route_files.ts";
import type { SettingsSource } from "./settings.ts";
import { shareFinishedPass } from "./shared_pass.ts";
import { keepStopped } from "./stay_stopped.ts";
import { endAll } from "./stop.ts";

/**
 * Ends everything, and keeps supervisors from starting it again. The egress rules stay as long as a process is left
 * that they may be for.
 *
 * @param source Where it gets from how long streams may go on.
 * @returns How many daemons should run now: none.
 * @throws {import("../errors.ts").DaemonError} If a process of a proxy's is left, or may be.
 * @throws {import("../errors.ts").TproxyError} If ps, getent or kill fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
 */
export async function stopAll(source: SettingsSource): Promise<number> {
  const { limits: { drainTimeoutMs } } = await source.read();
  const work = async () => {
    keepStopped();
    const { daemons } = await findDaemons();
    await endAll(daemons.map(({ pid }) => pid), drainTimeoutMs);
    const left = await endStrays();
    if (left.length === 0) await endEgress();
    await removeLeftovers(new Set());
    if (left.length > 0) throw strayError(left);
    return 0;
  };
  return await withDaemonLock(() => shareFinishedPass({ verb: "stop", config: source.path }, undefined, work));
}
