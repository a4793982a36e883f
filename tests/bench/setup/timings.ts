/**
 * Timings: taken one by one, told by their median.
 *
 * @module
 */

import { median } from "../median.ts";

/** How long each round of one thing took. */
export class Timings {
  readonly #rounds: number[] = [];

  /** Does it once more, and takes the time. */
  async time(work: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await work();
    this.#rounds.push(performance.now() - start);
  }

  /** The time in the middle, in milliseconds. */
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
