/**
 * Processes that a taken-over proxy has left, as faults.
 *
 * @module
 */

import type { Processes } from "../daemon/find_daemons.ts";
import { findLasting, findStrays, isOld, someOf } from "../daemon/strays.ts";
import type { Fault } from "../fault.ts";
import { TPROXY } from "../names.ts";

/**
 * Finds the strays that the next pass ends. Young ones are passed over: a pass may be about to start a proxy.
 *
 * @param processes The processes of this machine.
 * @returns A fault if there are any.
 * @throws {import("../run_command.ts").CommandError} If ps or getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and getent, and `--allow-read=/run/netns`.
 */
export async function findStrayFaults(processes: Processes): Promise<Fault[]> {
  const old = await findLasting((await findStrays(processes)).own.filter(isOld));
  if (old.length === 0) return [];
  return [{
    code: "stray",
    subject: TPROXY,
    text: `processes have the group of a proxy and are none (${someOf(old)}): a proxy may have been taken over`,
    remedy: 'run "tproxy reload", which ends them',
  }];
}
