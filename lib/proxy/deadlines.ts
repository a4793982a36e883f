/**
 * What must happen by a certain time, or everything else would wait for it: a preamble, a connection, the next byte.
 *
 * WHY not a timer for each: a stream pushes its deadline back with every chunk. Here that is one assignment, and one
 * interval looks after all of them while there are any. It may notice twice
 * {@linkcode PERIOD_MS} late.
 *
 * @module
 */

/** How often the deadlines are looked at, in milliseconds. */
export const PERIOD_MS = 250;

/** Something that has a deadline. */
export class Deadline {
  readonly #deadlines: Deadlines;
  /** How long it may take, or be without progress, in milliseconds. */
  readonly timeoutMs: number;
  /** What to do when it is missed. */
  readonly onMissed: () => void;
  /** When its time began. */
  at: number = performance.now();
  /** Whether there was progress since then. */
  touched = false;

  /** See {@linkcode Deadlines.add}. */
  constructor(deadlines: Deadlines, timeoutMs: number, onMissed: () => void) {
    this.#deadlines = deadlines;
    this.timeoutMs = timeoutMs;
    this.onMissed = onMissed;
  }

  /** Notes progress: the time begins again, when it is looked at next. */
  touch(): void {
    this.touched = true;
  }

  /** It has been met. */
  [Symbol.dispose](): void {
    this.#deadlines.remove(this);
  }
}

/** All the deadlines of a daemon. */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Adds one.
   *
   * @param timeoutMs How long from now, in milliseconds.
   * @param onMissed What to do when it is missed; called once, and it must not throw.
   * @returns The deadline, to be disposed of when it has been met.
   */
  add(timeoutMs: number, onMissed: () => void): Deadline {
    const deadline = new Deadline(this, timeoutMs, onMissed);
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS);
    return deadline;
  }

  /** Takes one away. */
  remove(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const deadline of this.#open) {
      if (deadline.touched) {
        deadline.touched = false;
        deadline.at = now;
      }
      if (now - deadline.at < deadline.timeoutMs) continue;
      this.remove(deadline);
      deadline.onMissed();
    }
  }
}
