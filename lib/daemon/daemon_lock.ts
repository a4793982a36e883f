/**
 * The lock of whoever starts and ends daemons.
 *
 * @module
 */

import { withLock } from "../lock.ts";
import { RUN_FILES } from "../paths.ts";

/** A pass that starts a hundred daemons takes seconds; a stop waits for streams to drain. */
const LOCK_DEADLINE_MS = 60_000;

/**
 * Runs some work while nobody else starts or ends daemons. Under it, a pass takes the lock of `setup`; nobody takes them
 * the other way round.
 *
 * @param work The work.
 * @returns What the work returns.
 * @throws {import("../errors.ts").LockError} If another run takes longer than a minute.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function withDaemonLock<T>(work: () => T | Promise<T>): Promise<T> {
  return withLock(RUN_FILES.daemonLock, LOCK_DEADLINE_MS, work);
}
