/**
 * The accept loop: it ends when its listener is closed, and for no other reason.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { getLogger } from "../log.ts";

const log = getLogger("accept");

/** How long to wait when the kernel has no descriptor or memory to give; until then guests wait in the backlog. */
const PAUSE_MS = 100;

/**
 * Takes every connection that comes in on a listener.
 *
 * @param listener The listener.
 * @param serve What to do with a connection; it must not throw.
 * @param fields What to log with an error: the bridge, the port.
 * @returns When the listener has been closed.
 */
export async function acceptAll<A extends Deno.Addr>(
  listener: Pick<Deno.Listener<Deno.Conn<A>, A>, "accept">,
  serve: (connection: Deno.Conn<A>) => Promise<void>,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (;;) {
    try {
      void serve(await listener.accept());
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      // The guest gave up while it was in the backlog.
      if (error instanceof Deno.errors.ConnectionAborted) continue;
      log.error("Cannot accept a connection; trying again", { ...fields, error: describe(error) });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
