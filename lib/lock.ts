/**
 * Mutual exclusion between processes, by the kernel's advisory file locks: a lock ends with the process that holds it,
 * so there is nothing to clean up after a crash.
 *
 * @module
 */

import { LockError } from "./errors.ts";
import { ensureRunDir } from "./run_dir.ts";

const RETRY_MS = 10;

/**
 * Does some work while holding an exclusive lock.
 *
 * @param path The lock's file under `/run/one_tproxy`; it is created, and stays there.
 * @param deadlineMs How long to wait for another holder, in milliseconds.
 * @param work What to do.
 * @returns What the work returns.
 * @throws {LockError} If another process holds the lock for longer than the deadline.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function withLock<T>(path: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  await ensureRunDir();
  using file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
  const deadline = performance.now() + deadlineMs;
  while (!await file.tryLock(true)) {
    if (performance.now() > deadline) {
      throw new LockError(
        `Cannot lock ${path}: another run has held it for ${deadlineMs / 1000} seconds`,
        `see who with "fuser -v ${path}"`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return await work();
}
