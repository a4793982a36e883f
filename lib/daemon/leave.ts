/**
 * Having daemons stop listening, and seeing to it that they do.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { send, waitFor } from "./signal.ts";

const log = getLogger("leave");

/** How long a daemon may take to stop listening. */
const DRAINING_DEADLINE_MS = 2_000;

/**
 * Waits until daemons that were told so have stopped listening, and ends those that have not in time.
 *
 * @param pids The processes.
 * @throws {import("../errors.ts").TproxyError} If ps or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill.
 */
export async function settle(pids: readonly number[]): Promise<void> {
  await endStuck(await waitFor(pids, "draining", DRAINING_DEADLINE_MS));
}

/**
 * Ends daemons and waits for it.
 *
 * @param pids The processes.
 * @param drainTimeoutMs How long their streams may go on, in milliseconds.
 * @throws {DaemonError} If one is still there.
 * @throws {import("../errors.ts").TproxyError} If ps or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill.
 */
export async function endAll(pids: readonly number[], drainTimeoutMs: number): Promise<void> {
  await send("TERM", pids);
  const stuck = await waitFor(pids, "ended", drainTimeoutMs + DRAINING_DEADLINE_MS);
  await endStuck(stuck);
  const left = await waitFor(stuck, "ended", DRAINING_DEADLINE_MS);
  if (left.length > 0) throw new DaemonError(`Cannot end the processes ${left.join(" ")}`, 'look at them with "ps"');
}

async function endStuck(pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  log.warning("Ending proxies that do not answer", { pids: pids.join(" ") });
  await send("KILL", pids);
}
