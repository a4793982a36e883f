/**
 * Bridges that do not stay as they were set up: something may keep changing one back, or it can't be set up at all. Such a
 * bridge is set up again less and less often.
 *
 * @module
 */

import type { Fault } from "../fault.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { Backoff } from "./backoff.ts";

/** The faults of each bridge that has any. */
type Faults = ReadonlyMap<BridgeName, readonly Fault[]>;

/** Remembers which bridges have been set up again, and when. */
export class Stability {
  readonly #backoff = new Backoff();
  /** The bridges that did not stay as they were set up. */
  readonly #unstable = new Set<BridgeName>();

  /** Whether all bridges have stayed as they were set up. */
  get areStable(): boolean {
    return this.#unstable.size === 0;
  }

  /** Tells whether a bridge did not stay as it was set up. */
  isUnstable(bridge: BridgeName): boolean {
    return this.#unstable.has(bridge);
  }

  /**
   * Tells which bridges may be set up again. One that has to wait is logged once.
   *
   * @param bridges Those that should be.
   * @param found The faults that a pass has found. A bridge without any for long enough counts as stable again.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns Those whose back-off is over.
   */
  due(bridges: readonly BridgeName[], found: Faults, now: number): BridgeName[] {
    for (const bridge of this.#unstable) {
      if (!found.has(bridge) && this.#backoff.waitFor(bridge, now) === 0) this.#unstable.delete(bridge);
    }
    return bridges.filter((bridge) => {
      const isDue = this.#backoff.waitFor(bridge, now) === 0;
      if (!isDue && !this.#unstable.has(bridge)) {
        this.#unstable.add(bridge);
        log.warning("A bridge does not stay as it was set up; setting it up again less and less often", {
          bridge,
          faults: textOf(found.get(bridge) ?? []),
        });
      }
      return isDue;
    });
  }

  /**
   * Notes that a bridge is set up again.
   *
   * @param bridge The bridge.
   * @param now The time in milliseconds, from a clock that does not jump.
   */
  started(bridge: BridgeName, now: number): void {
    this.#backoff.started(bridge, now);
  }
}

/** Writes faults in one line. */
export function textOf(faults: readonly Fault[]): string {
  return faults.map(({ text }) => text).join("; ");
}
