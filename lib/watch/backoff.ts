/**
 * Exponential back-off: what failed is done again after a pause that grows with each failure.
 *
 * @module
 */

/** A daemon that ran for less counts as one that crashed. */
const LIVED_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What is known of one daemon. */
interface History {
  readonly startedAt: number;
  readonly crashes: number;
}

/** Keeps starts of each daemon apart. */
export class Backoff {
  readonly #histories = new Map<string, History>();

  /**
   * Tells how long to wait before a start.
   *
   * @param title The daemon.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns Milliseconds; 0 if it may start now.
   */
  waitFor(title: string, now: number): number {
    const history = this.#histories.get(title);
    return history === undefined ? 0 : Math.max(0, history.startedAt + pauseOf(history) - now);
  }

  /**
   * Takes down that a daemon is being started.
   *
   * @param title The daemon.
   * @param now The time in milliseconds, from a clock that does not jump.
   */
  started(title: string, now: number): void {
    const history = this.#histories.get(title);
    const crashed = history !== undefined && now - history.startedAt < LIVED_MS + pauseOf(history);
    this.#histories.set(title, { startedAt: now, crashes: crashed ? history.crashes + 1 : 0 });
  }
}

function pauseOf({ crashes }: History): number {
  return crashes === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (crashes - 1), LONGEST_PAUSE_MS);
}
