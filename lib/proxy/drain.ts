/**
 * The end of a daemon: its streams may go on for a while.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import { log } from "../log.ts";
import type { Signals } from "./signals.ts";
import type { Streams } from "./streams.ts";

/**
 * Waits until all streams have ended, and closes those that take too long.
 *
 * @param title The daemon's title, to log.
 * @param streams Its streams.
 * @param signals Its signals, one of which has told it to stop.
 * @param limits How long the streams may take.
 */
export async function drain(title: string, streams: Streams, signals: Signals, limits: Limits): Promise<void> {
  log.info("Draining", { title, streams: streams.size });
  const idle = streams.idle();
  const close = (why: string) => {
    log.warning(why, { title, streams: streams.size });
    streams.closeAll();
  };
  using timers = new DisposableStack();
  const after = (ms: number, why: string) => timers.adopt(setTimeout(() => close(why), ms), clearTimeout);
  after(limits.hardStopAfterMs, "Closing the streams that a replaced proxy still has after :tproxy_hard_stop_after:");
  while (signals.stop === "patient" && !streams.isIdle) await Promise.race([idle, signals.next()]);
  if (signals.stop === "soon") after(limits.drainTimeoutMs, "Closing the streams that did not end in time");
  await idle;
}
