/**
 * How many streams a guest may have on a bridge that is nearly full.
 *
 * @module
 */

import type { Limits } from "../limits.ts";

/** The part of a bridge's streams that is reserved for guests with few streams. */
const KEPT = 1 / 4;

/** The part of a bridge's streams that one guest may have when only the reserve is left. */
const FEW = 1 / 1024;

/**
 * Tells how many streams one guest may have at once.
 *
 * WHY: the limit for each guest counts by address, and a guest may use several addresses. The nft rules allow it 64 at
 * once, and 64 new ones an hour. With the idle timeout of an hour, it has streams from 256 addresses at most. Together
 * these can't use up the reserve, so other guests are still served, and no stream has to be closed for it.
 *
 * @param limits The limits. There is no reserve if the limit of the bridge is so low that `FEW` of it is less than one
 * stream, or if one guest may have as many streams as the bridge.
 * @param taken How many streams the bridge has now.
 * @returns How many the guest may have, including the next one.
 */
export function guestShare({ maxConnectionsPerBridge, maxConnectionsPerGuest }: Limits, taken: number): number {
  const few = Math.floor(maxConnectionsPerBridge * FEW);
  if (few === 0 || maxConnectionsPerGuest >= maxConnectionsPerBridge) return maxConnectionsPerGuest;
  return taken < maxConnectionsPerBridge * (1 - KEPT) ? maxConnectionsPerGuest : Math.min(few, maxConnectionsPerGuest);
}
