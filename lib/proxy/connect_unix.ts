/**
 * Connecting to a UNIX socket.
 *
 * @module
 */

import { delay } from "../delay.ts";

/** How long to try while outer's backlog is full, in milliseconds. Outer accepts a full backlog in a tenth of that. */
const PATIENCE_MS = 2_000;

/**
 * Connects to a UNIX socket, and tries again while its backlog is full.
 *
 * WHY it tries again: with TCP, a connect to a full backlog waits in the kernel. A non-blocking connect to a UNIX
 * socket fails with EAGAIN at once (unix(7)), and a burst of guests would be refused without need.
 *
 * @param path The socket.
 * @returns The connection.
 * @throws {Deno.errors.WouldBlock} If the backlog is full for 2 seconds.
 * @throws {Deno.errors.NotFound} If there is no such socket, and whatever else a connect may fail with.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:` for it, `--allow-read` and `--allow-write`.
 */
export async function connectUnix(path: string): Promise<Deno.UnixConn> {
  const end = performance.now() + PATIENCE_MS;
  for (let pause = 1;; pause = Math.min(pause * 2, 50)) {
    try {
      return await Deno.connect({ transport: "unix", path });
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock) || performance.now() > end) throw error;
      await delay(pause);
    }
  }
}
