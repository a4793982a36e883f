/**
 * Deadlines: for a preamble, for a connection, for the next byte of a stream.
 *
 * WHY not a timer for each: a stream extends its deadline with every chunk. Here, that is one assignment. One interval
 * checks all deadlines while there are any. It may notice a missed one up to twice {@linkcode PERIOD_MS} late.
 *
 * @module
 */

/** How often the deadlines are checked, in milliseconds. */
export const PERIOD_MS = 250;

/** Something that has a deadline. */
export abstract class Deadline {
  /** How long it may take, or be without progress, in milliseconds. */
  timeoutMs: number;
  /** When its time began. */
  start = 0;
  /**
   * Whether there was progress since then. It is `true` at first, so that the next check sets the start, and a new
   * stream need not read the clock.
   */
  touched = true;

  /**
   * Creates a deadline. Its time begins with {@linkcode Deadlines.add}.
   *
   * @param timeoutMs How long it may take, or be without progress, in milliseconds.
   */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** What to do when it is missed; called once, and it must not throw. */
  abstract missed(): void;

  /**
   * Called at each check at which it is not missed. A subclass may check something else here.
   *
   * @param _now The time of the check, from `performance.now()`.
   */
  look(_now: number): void {}

  /**
   * Checks whether it is missed.
   *
   * @param now The time, from `performance.now()`.
   */
  check(now: number): void {
    if (this.touched) {
      this.touched = false;
      this.start = now;
    }
    if (now - this.start < this.timeoutMs) return this.look(now);
    // It is not missed again.
    this.start = Infinity;
    this.missed();
  }

  /** Notes progress: the time begins again at the next check. */
  touch(): void {
    this.touched = true;
  }
}

/** All the deadlines of a daemon. */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Adds a deadline. */
  add(deadline: Deadline): void {
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS);
  }

  /** Removes a deadline that has been met. */
  remove(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Adds a deadline for a block of code.
   *
   * @param timeoutMs How long from now, in milliseconds.
   * @param onMissed What to do when it is missed; called once, and it must not throw.
   * @returns An object to dispose of when the deadline has been met.
   */
  within(timeoutMs: number, onMissed: () => void): Disposable {
    const deadline = new Timeout(timeoutMs, onMissed);
    this.add(deadline);
    return { [Symbol.dispose]: () => this.remove(deadline) };
  }

  #look(): void {
    const now = performance.now();
    for (const deadline of this.#open) deadline.check(now);
  }
}

/** A deadline that calls a function when it is missed. */
class Timeout extends Deadline {
  constructor(timeoutMs: number, override readonly missed: () => void) {
    super(timeoutMs);
  }
}
