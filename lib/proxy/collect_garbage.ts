/**
 * Giving the memory of V8's heap back to the system, after the start and after a burst of streams.
 *
 * V8 does not do so in time by itself: it collects garbage when the program allocates, and after a burst the program
 * allocates little.
 *
 * @module
 */

/** How many live streams make a burst. Fewer leave less than 10 MiB behind. */
const BURST = 1_000;

/**
 * How many times to collect, a second apart. A stream that is just ending at the first collection is garbage at the
 * next.
 */
const COLLECTIONS = 3;

/** V8's function to collect garbage, which `--expose-gc` exposes. */
type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * Collects garbage and gives empty pages back to the system at once.
 *
 * WHY the last-resort flavor: the regular one keeps the pages. A timer of V8 gives them back after 8 seconds or not at
 * all: in some runs, half of a burst's memory stayed for more than a minute.
 */
function collectAll(): void {
  (globalThis as { gc?: Collect }).gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Collects garbage after the start, and after a burst. */
export class GarbageCollector {
  readonly #collect: () => void;
  #most = 0;
  /** How many collections are left. The first one gives back what the start has left, about 1 MiB. */
  #left = 1;

  /**
   * @param collect Collects garbage. The default calls V8, which takes some tens of milliseconds, and does nothing
   * without `--expose-gc`.
   */
  constructor(collect: () => void = collectAll) {
    this.#collect = collect;
  }

  /**
   * Collects garbage the first time, and if a burst is over. A burst is over when half of its streams have ended. It
   * has to be called every second.
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
