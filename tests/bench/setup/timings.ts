/**
 * Timings and their median.
 *
 * @module
 */

import { median } from "../median.ts";

/** The times of all rounds of one task. */
export class Timings {
  readonly #rounds: number[] = [];

  /** Does the task once more and measures the time. */
  async time(work: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await work();
    this.#rounds.push(performance.now() - start);
  }

  /** The median, in milliseconds. */
  get median(): number {
    return median(this.#rounds);
  }

  /** The shortest, in milliseconds. */
  get min(): number {
    return Math.min(...this.#rounds);
  }

  /** The longest, in milliseconds. */
  get max(): number {
    return Math.max(...this.#rounds);
  }

  /** All of them in their order, in milliseconds. */
  get rounds(): readonly number[] {
    return this.#rounds;
  }
}
