/**
 * Having all daemons finish their streams and take no more, while somebody else's proxies take over.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { withDaemonLock } from "./daemon_lock.ts";
import { findDaemons } from "./find_daemons.ts";
import { keepStopped } from "./stay_stopped.ts";
import { send, waitFor } from "./stop.ts";

const DEADLINE_MS = 10_000;

/**
 * Has all daemons drain, and stay stopped until somebody starts them. Live streams go on to their end. A second call
 * changes nothing.
 *
 * @throws {DaemonError} If one goes on listening.
 * @throws {import("../errors.ts").TproxyError} If ps or kill fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function drainAll(): Promise<void> {
  await withDaemonLock(async () => {
    keepStopped();
    // Outer goes last: streams that the inners have accepted still have to get through it.
    for (const program of ["inner", "outer"] as const) {
      const { daemons } = await findDaemons();
      const serving = daemons.filter(({ role, draining }) => role.program === program && !draining);
      for (const signal of ["USR1", "USR2"] as const) {
        await send(signal, serving.filter(({ retire }) => retire === signal).map(({ pid }) => pid));
      }
      const left = await waitFor(serving.map(({ pid }) => pid), "draining", DEADLINE_MS);
      if (left.length === 0) continue;
      throw new DaemonError(`The proxies ${left.join(" ")} go on listening`, 'end them with "tproxy stop"');
    }
  });
}
