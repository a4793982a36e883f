/**
 * What outer counts and logs when a string has ended. An inner may end as many as it likes.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { ProtocolError } from "../protocol/frames.ts";
import type { MuxEnd } from "./mux.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import type { Stats } from "./stats.ts";

const offenders = new RateLimitedLog((fields) => log.warning("Ended a string that broke the protocol", fields));
const ends = new RateLimitedLog((fields) => log.info("A string has ended with its streams", fields));

/**
 * Tells that a string has ended.
 *
 * @param end How it has ended.
 * @param bridge The bridge whose guests' streams it carried.
 * @param stats What outer counts.
 */
export function tellEnd({ error, streams }: MuxEnd, bridge: BridgeName, stats: Stats): void {
  const why = error === undefined ? "it was closed" : describe(error);
  if (error instanceof ProtocolError) {
    stats.failedWith(`A string of ${bridge} broke the protocol: ${why}`);
    offenders.note(bridge, { bridge, streams, error: why });
  } else if (streams > 0) ends.note(bridge, { bridge, streams, why });
  else log.debug("A string has ended", { bridge, why });
}
