/**
 * What a supervisor saw before, so that it can tell what has gone from what is on its way: a program that flushes nft and
 * fills it again takes a moment in which there seems to be nothing.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import type { DesiredBridge } from "./desired.ts";
import type { RunningDaemon } from "./find.ts";

/** For how long a bridge has to be gone, in milliseconds. Passes may follow each other at once. */
const GONE_MS = 1_000;

/** The bridges of the passes before. */
export class Sightings {
  readonly #seen = new Map<BridgeName, { readonly bridge: DesiredBridge; goneSince?: number }>();

  /**
   * Adds the bridges that have gone since the pass before: a bridge is gone only when a pass finds it gone that is not the
   * first to do so. One without a proxy is gone at once, since somebody has asked for that.
   *
   * @param bridges The bridges that this pass finds.
   * @param running The daemons that run.
   * @param now The time, in milliseconds from any moment on.
   * @returns The same bridges and those that may come back, by name in ascending order.
   */
  keep(
    bridges: ReadonlyMap<BridgeName, DesiredBridge>,
    running: readonly RunningDaemon[],
    now: number,
  ): Map<BridgeName, DesiredBridge> {
    for (const [name, bridge] of bridges) this.#seen.set(name, { bridge });
    for (const [name, sighting] of this.#seen) {
      if (bridges.has(name)) continue;
      const serves = running.some((daemon) => daemon.bridge === name && !daemon.draining);
      if (!serves || now - (sighting.goneSince ??= now) >= GONE_MS) this.#seen.delete(name);
    }
    return new Map([...this.#seen].map(([name, { bridge }]) => [name, bridge] as const).toSorted(byName));
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
