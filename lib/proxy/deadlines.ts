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
export abstract class Deadline {
  /** How long it may take, or be without progress, in milliseconds. */
  timeoutMs: number;
  /** When its time began. */
  start = 0;
  /** Whether there was progress since then. At first its time has not begun: that saves each stream a look at the clock. */
  touched = true;

  /**
   * {@linkcode Deadlines.add} begins its time.
   *
   * @param timeoutMs How long it may take, or be without progress, in milliseconds.
   */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** What to do when it is missed; called once, and it must not throw. */
  abstract missed(): void;

  /** Called each time that it was looked at and is not missed; does nothing unless there is something else to look at. */
  look(): void {}

  /** Notes progress: the time begins again, when it is looked at next. */
  touch(): void {
    this.touched = true;
  }
}

/** All the deadlines of a daemon. */
export class Deadlines {
  readonly #open = new Set<Deadline>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Adds one. */
  add(deadline: Deadline): void {
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS);
  }

  /** Takes one away: it has been met. */
  remove(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Adds one for as long as a block of code takes.
   *
   * @param timeoutMs How long from now, in milliseconds.
   * @param onMissed What to do when it is missed; called once, and it must not throw.
   * @returns To be disposed of when it has been met.
   */
  within(timeoutMs: number, onMissed: () => void): Disposable {
    const deadline = new Timeout(timeoutMs, onMissed);
    this.add(deadline);
    return { [Symbol.dispose]: () => this.remove(deadline) };
  }

  #look(): void {
    const now = performance.now();
    for (const deadline of this.#open) {
      if (deadline.touched) {
        deadline.touched = false;
        deadline.start = now;
      }
      if (now - deadline.start < deadline.timeoutMs) {
        deadline.look();
      } else {
        this.remove(deadline);
        deadline.missed();
      }
    }
  }
}

/** A deadline that says what to do in a function. */
class Timeout extends Deadline {
  constructor(timeoutMs: number, override readonly missed: () => void) {
    super(timeoutMs);
  }
}
