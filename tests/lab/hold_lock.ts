/**
 * A lock of ours in the hands of somebody who does not let go of it.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/** Takes a lock on a host. */
export async function holdLock(host: Host, path: string): Promise<AsyncDisposable> {
  // Without a child, which would hold it, too.
  const holder = host.start(["flock", "--no-fork", path, "sleep", "infinity"]);
  await until("the lock is taken", async () => (await host.run(["flock", "--nonblock", path, "true"])).code === 1);
  return holder;
}
