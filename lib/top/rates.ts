/**
 * Rates of counts that are read again and again. Pure.
 *
 * @module
 */

/** Counts that only grow, and when they were so. */
export interface Reading {
  /** When, in milliseconds. */
  readonly at: number;
  /** The counts, always in the same order. */
  readonly values: readonly number[];
}

/** After how long without a new reading, in milliseconds, a rate is no longer known. Proxies write every second. */
const STALE_MS = 3_000;

/** The latest reading, and how fast its counts have grown since the one before. */
interface Latest {
  readonly reading: Reading;
  readonly rates: readonly number[] | undefined;
}

/** Tells how fast counts grow. */
export class Rates {
  #last: ReadonlyMap<string, Latest> = new Map();

  /**
   * Takes the next readings.
   *
   * @param readings The readings, by what was counted. What is missing is forgotten.
   * @param now The time now, in milliseconds of the same clock.
   * @returns How much of each is added in a second. What is not known yet is missing, as after a proxy was replaced,
   * whose successor begins at 0.
   */
  next(readings: ReadonlyMap<string, Reading>, now: number): Map<string, readonly number[]> {
    const next = new Map<string, Latest>();
    const known = new Map<string, readonly number[]>();
    for (const [key, reading] of readings) {
      const last = this.#last.get(key);
      // A file that was read twice before it was written again tells nothing new.
      const isNew = last === undefined || reading.at > last.reading.at;
      const latest = isNew ? { reading, rates: last && ratesBetween(last.reading, reading) } : last;
      next.set(key, latest);
      if (latest.rates !== undefined && now - reading.at < STALE_MS) known.set(key, latest.rates);
    }
    this.#last = next;
    return known;
  }
}

function ratesBetween(from: Reading, to: Reading): number[] | undefined {
  const added = to.values.map((value, i) => value - (from.values[i] ?? 0));
  return added.some((count) => count < 0) ? undefined : added.map((count) => count * 1000 / (to.at - from.at));
}
