/**
 * Gives back to the system the memory that a burst of streams took from V8's heap.
 *
 * V8 does not do that by itself in time: it collects garbage when somebody allocates, and after a burst nobody does.
 *
 * @module
 */

/** How many streams at once are a burst: fewer leave less than 10 MiB. */
const BURST = 1_000;

/** How often to collect, a second apart: a stream that is ending at the first time is garbage at the next. */
const COLLECTIONS = 3;

/** V8's function to collect garbage, as `--expose-gc` shows it. */
type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * Collects garbage and gives empty pages back at once.
 *
 * A collection of the regular flavor keeps the pages for later, and a timer of V8 may give them back after 8 seconds or
 * not at all: in some runs half of a burst stayed for more than a minute.
 */
function collectAll(): void {
  (globalThis as { gc?: Collect }).gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Collects garbage after a burst. */
export class GarbageCollector {
  readonly #collect: () => void;
  #most = 0;
  #left = 0;

  /**
   * @param collect Collects garbage; V8's own, which takes some tens of milliseconds, if it was started with
   * `--expose-gc`.
   */
  constructor(collect: () => void = collectAll) {
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
