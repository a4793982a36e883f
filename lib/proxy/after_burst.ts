/**
 * What a burst of streams leaves to V8.
 *
 * WHY not leave it to V8: it collects when somebody allocates, and after a burst nobody does. By itself it looks a hundred
 * seconds later, and not always often enough to give the pages back.
 *
 * @module
 */

/** How many streams at once are a burst: fewer leave less than 10 MiB. */
const BURST = 1_000;

/** How often to collect: the first time finds the garbage, and its pages go back in the course of the next ones. */
const COLLECTIONS = 10;

/** Collects garbage after a burst. */
export class AfterBurst {
  readonly #collect: () => void;
  #most = 0;
  #left = 0;

  /**
   * Makes it.
   *
   * @param collect Collects garbage; V8's own, which takes a few milliseconds, if it was started with `--expose-gc`.
   */
  constructor(collect: () => void = (globalThis as { gc?: () => void }).gc ?? (() => {})) {
    this.#collect = collect;
  }

  /**
   * Looks whether a burst is over, which it is when half of its streams are gone; to be called every second.
   *
   * @param streams How many there are now.
   */
  look(streams: number): void {
    this.#most = Math.max(this.#most, streams);
    if (this.#most >= BURST && streams <= this.#most / 2) {
      this.#most = streams;
      this.#left = COLLECTIONS;
    }
    if (this.#left === 0) return;
    this.#left--;
    this.#collect();
  }
}
