/**
 * What a guest may have of a bridge that is nearly full.
 *
 * @module
 */

import type { Limits } from "../limits.ts";

/** What part of a bridge's streams is kept for guests that have few. */
const KEPT = 1 / 4;

/** What part of them a guest may have then. */
const FEW = 1 / 1024;

/**
 * Tells how many streams one guest may have at once.
 *
 * WHY: the limit for each guest counts by address, and a guest may have several. The rules let it use 64 of them, and 64 new
 * ones an hour, so with the idle timeout of an hour it has streams from 256 at most. Those together can't fill what is kept,
 * and the others go on being served. Nobody has to be cut off for that.
 *
 * @param limits The limits for all. Nothing is kept of so few streams that `FEW` is none; nor where a guest may have as many
 * as the whole bridge.
 * @param taken How many streams the bridge has now.
 * @returns How many the guest may have, the next one included.
 */
export function guestShare({ maxConnectionsPerBridge, maxConnectionsPerGuest }: Limits, taken: number): number {
  const few = Math.floor(maxConnectionsPerBridge * FEW);
  if (few === 0 || maxConnectionsPerGuest >= maxConnectionsPerBridge) return maxConnectionsPerGuest;
  return taken < maxConnectionsPerBridge * (1 - KEPT) ? maxConnectionsPerGuest : Math.min(few, maxConnectionsPerGuest);
}
