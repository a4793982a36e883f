/**
 * Exponential back-off: what keeps failing is started again after a pause that grows each time.
 *
 * @module
 */

/** A start counts as failed if there is another one within this time after its pause. */
const LIVED_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What is known of the starts of one thing. */
interface History {
  readonly startedAt: number;
  readonly failures: number;
}

/** Counts the starts of any number of things, each by its name. */
export class Backoff {
  readonly #histories = new Map<string, History>();

  /**
   * Tells how long to wait before a start.
   *
   * @param name What is to be started.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns Milliseconds; 0 if it may start now.
   */
  waitFor(name: string, now: number): number {
    const history = this.#histories.get(name);
    return history === undefined ? 0 : Math.max(0, history.startedAt + pauseOf(history) - now);
  }

  /**
   * Notes a start.
   *
   * @param name What is to be started.
   * @param now The time in milliseconds, from a clock that does not jump.
   */
  started(name: string, now: number): void {
    const history = this.#histories.get(name);
    const hasFailed = history !== undefined && now - history.startedAt < LIVED_MS + pauseOf(history);
    this.#histories.set(name, { startedAt: now, failures: hasFailed ? history.failures + 1 : 0 });
  }
}

function pauseOf({ failures }: History): number {
  return failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}
