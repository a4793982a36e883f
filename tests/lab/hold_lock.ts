/**
 * One of our locks, held by a process that does not release it.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/** Takes a lock on a host. */
export async function holdLock(host: Host, path: string): Promise<AsyncDisposable> {
  // A child would hold the lock, too.
  const holder = host.start(["flock", "--no-fork", path, "sleep", "infinity"]);
  await until("the lock is taken", async () => (await host.run(["flock", "--nonblock", path, "true"])).code === 1);
  return holder;
}
