/**
 * When a file that may be written just now is whole: as soon as two looks, some time apart, find the same in it. Pure.
 *
 * @module
 */

/**
 * How long a file has to be the same, in milliseconds. A copy of some kilobytes takes less, and so does a stall of one.
 */
const SETTLE_MS = 2_000;

/** What is known of what a file holds. */
export class Settled {
  #last: string | undefined;
  #since = 0;
  #settled: string | undefined;

  /**
   * Takes down what a look has found.
   *
   * @param content What is in the file, or a text that differs from it if it can't be read.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns `changing` if that may not be all; `new` once when it has settled; `known` from then on.
   */
  look(content: string, now: number): "changing" | "new" | "known" {
    if (content !== this.#last) [this.#last, this.#since] = [content, now];
    if (content === this.#settled) return "known";
    if (now - this.#since < SETTLE_MS) return "changing";
    this.#settled = content;
    return "new";
  }
}
