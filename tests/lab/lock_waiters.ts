/**
 * Who waits for one of our locks.
 *
 * @module
 */

import { text } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/**
 * Finds who waits for a lock of a host.
 *
 * @returns Their process IDs, as the lab sees them. In a host, the kernel does not list locks of a process that is not
 * in the host's process namespace.
 */
export async function lockWaiters(host: Host, path: string): Promise<string[]> {
  const script = `test ! -e ${path} || printf '%02x:%02x:%s' $(stat -c '%Hd %Ld %i' ${path})`;
  const file = await host.text(["sh", "-c", script]);
  const locks = await text(["/usr/bin/unshare", "cat", "/proc/locks"]);
  return [...locks.matchAll(/-> FLOCK +ADVISORY +WRITE (\d+) (\S+) /g)].flatMap(([, pid = "", of]) =>
    of === file ? pid : []
  );
}
