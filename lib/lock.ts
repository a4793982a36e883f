/**
 * Mutual exclusion between processes by the kernel's advisory file locks. A lock ends with its process, so a crash
 * leaves nothing to clean up.
 *
 * @module
 */

import { deadline } from "./delay.ts";
import { LockError } from "./errors.ts";
import { log } from "./log.ts";
import { ensureRunDir } from "./run_dir.ts";

/** A longer wait is logged, in milliseconds, because the start of a VM may be waiting. */
const LONG_WAIT_MS = 5_000;

/**
 * Runs some work while it holds an exclusive lock. Waiting processes usually get the lock in the order in which they
 * asked; the kernel does not guarantee it.
 *
 * @param path The lock's file under `/run/one_tproxy`; it is created, and stays there.
 * @param deadlineMs How long to wait for another holder, in milliseconds.
 * @param work The work.
 * @returns What the work returns.
 * @throws {LockError} If another process holds the lock for longer than the deadline.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function withLock<T>(path: string, deadlineMs: number, work: () => T | Promise<T>): Promise<T> {
  await ensureRunDir();
  using file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
  const late = Promise.withResolvers<never>();
  const message = `Cannot lock ${path}: another run has held it for ${deadlineMs / 1000} seconds`;
  const remedy = `see who with "fuser -v ${path}"`;
  const asked = performance.now();
  {
    using _late = deadline(deadlineMs, () => late.reject(new LockError(message, remedy)));
    await Promise.race([file.lock(true), late.promise]);
  }
  const waited = performance.now() - asked;
  if (waited > LONG_WAIT_MS) log.warning("Waited long for a lock", { path, seconds: Math.round(waited / 1000) });
  return await work();
}
