/**
 * The accept loop. It ends only when its listener is closed.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";

/** How long to wait if the kernel is out of descriptors or memory. Guests wait in the backlog meanwhile. */
const PAUSE_MS = 100;

/** How often to log such an error at most. */
const QUIET_MS = 1_000;

/** A backlog counts as empty after this many turns of the event loop without a connection, each this long. */
const QUIET_TURNS = 5;
const TURN_MS = 10;

/**
 * Accepts every connection of a listener.
 *
 * @param listener The listener.
 * @param serve Serves a connection. It should not throw; an error is logged and does not affect other connections.
 * @param fields What to log with an error: the bridge, the port.
 * @returns A promise that resolves when the listener has been closed.
 */
export async function acceptAll<A extends Deno.Addr>(
  listener: Pick<Deno.Listener<Deno.Conn<A>, A>, "accept">,
  serve: (connection: Deno.Conn<A>) => Promise<void>,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  let told = -Infinity;
  const onFailure = (error: unknown) => log.error("Cannot serve a connection", { ...fields, error: describe(error) });
  for (;;) {
    try {
      serve(await listener.accept()).catch(onFailure);
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      if (isGone(error)) continue;
      if (performance.now() - told >= QUIET_MS) {
        told = performance.now();
        log.error("Cannot accept a connection; trying again", { ...fields, error: describe(error) });
      }
      await delay(PAUSE_MS);
    }
  }
}

/**
 * Waits until a listener's backlog is empty. It is called once nobody can connect to the listener any more.
 *
 * WHY turns of the event loop and not a time: on a busy machine, the process may not run for a while. The time would be
 * over before it has looked into the backlog once.
 *
 * @param accepted Returns how many connections have been accepted so far.
 */
export async function backlogEmpty(accepted: () => number): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    const before = accepted();
    await delay(TURN_MS);
    quiet = accepted() === before ? quiet + 1 : 0;
  }
}

/**
 * Tells whether an accept failed because the peer has closed the connection while it was in the backlog.
 *
 * WHY it matters: with a pause after each such accept, a guest that resets its connections could keep all others in the
 * backlog.
 */
function isGone(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  // ENOTCONN means a reset before Deno has asked for the peer's name.
  return error instanceof NotConnected || error instanceof ConnectionAborted || error instanceof ConnectionReset;
}
