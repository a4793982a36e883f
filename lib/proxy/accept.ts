/**
 * The accept loop: it ends when its listener is closed, and for no other reason.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";

/** How long to wait when the kernel has no descriptor or memory to give; until then guests wait in the backlog. */
const PAUSE_MS = 100;

/** How often at most to say so. */
const QUIET_MS = 1_000;

/** A backlog counts as empty when nothing has come out of it in so many turns of the event loop, each this long. */
const QUIET_TURNS = 5;
const TURN_MS = 10;

/**
 * Takes every connection that comes in on a listener.
 *
 * @param listener The listener.
 * @param serve What to do with a connection. It should not throw: that is logged, and takes nothing from the others.
 * @param fields What to log with an error: the bridge, the port.
 * @returns When the listener has been closed.
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
 * Waits until all has been accepted that a listener had in its backlog when nobody could reach it any more.
 *
 * WHY turns, and not a time: a process that has not run for a while, as on a busy machine, would find the time over before it
 * has looked into the backlog once.
 *
 * @param accepted Tells how many connections have been accepted so far.
 */
export async function backlogEmpty(accepted: () => number): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS;) {
    const before = accepted();
    await delay(TURN_MS);
    quiet = accepted() === before ? quiet + 1 : 0;
  }
}

/**
 * Tells whether a connection could not be accepted since its peer gave up while it was in the backlog.
 *
 * WHY it matters: each such peer is one accept that fails, and a pause for each would let a guest that resets what it opens
 * keep all others in the backlog. A reset before Deno asks for the peer's name is ENOTCONN.
 */
function isGone(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  return error instanceof NotConnected || error instanceof ConnectionAborted || error instanceof ConnectionReset;
}
