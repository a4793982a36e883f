/**
 * A grace period for bridges that are gone from nft. A program that flushes nft and fills it again takes a moment in
 * which nothing seems to be wanted.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { DesiredBridge } from "./desired.ts";
import type { RunningDaemon } from "./find_daemons.ts";

/** How long a bridge has to be gone, in milliseconds. Passes may follow each other at once. */
const GONE_MS = 1_000;

/** Remembers since when bridges are gone. */
export class GracePeriod {
  readonly #goneSince = new Map<BridgeName, number>();

  /** Whether there is a bridge that a pass found gone for the first time, so that there should be another one soon. */
  get isWaiting(): boolean {
    return this.#goneSince.size > 0;
  }

  /**
   * Adds the bridges that have been gone for less than the grace period.
   *
   * @param found The bridges that this pass finds.
   * @param served What outer is told to serve so far.
   * @param running The daemons that run. A bridge without an inner has none because somebody asked for that.
   * @param now The time, in milliseconds from any moment on.
   * @returns The bridges that are to be served, by name in ascending order.
   */
  keep(
    found: ReadonlyMap<BridgeName, DesiredBridge>,
    served: ReadonlyMap<BridgeName, readonly Endpoint[]>,
    running: readonly RunningDaemon[],
    now: number,
  ): Map<BridgeName, DesiredBridge> {
    const kept = new Map(found);
    for (const { role: { bridge }, netns, draining } of running) {
      if (bridge === undefined || draining || kept.has(bridge)) continue;
      const endpoints = served.get(bridge);
      if (endpoints === undefined) continue;
      const since = this.#goneSince.get(bridge) ?? now;
      this.#goneSince.set(bridge, since);
      if (now - since < GONE_MS) kept.set(bridge, { endpoints, netns });
    }
    for (const bridge of this.#goneSince.keys()) {
      if (found.has(bridge) || !kept.has(bridge)) this.#goneSince.delete(bridge);
    }
    return new Map([...kept].toSorted(([a], [b]) => a < b ? -1 : 1));
  }
}
