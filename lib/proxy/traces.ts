/**
 * The guests whose streams are logged whatever the debug level is, each for a time.
 *
 * @module
 */

/** How many guests may be traced at once. */
const MOST_TRACED = 16;

/** The guests that are traced. */
export class Traces {
  readonly #endOf = new Map<number, number>();

  /**
   * Traces a guest. If too many are traced, the one that was first is not any more.
   *
   * @param guest The guest's address, as one number.
   * @param end Until when, from `performance.now()`.
   */
  add(guest: number, end: number): void {
    this.#endOf.delete(guest);
    this.#endOf.set(guest, end);
    const [first] = this.#endOf.keys();
    if (this.#endOf.size > MOST_TRACED && first !== undefined) this.#endOf.delete(first);
  }

  /** Whether nobody is traced, as a rule. It may be `false` for a while after the last time is over. */
  get isEmpty(): boolean {
    return this.#endOf.size === 0;
  }

  /** The guests that are traced now, each with the seconds that are left. */
  *left(): Generator<readonly [guest: number, seconds: number]> {
    const now = performance.now();
    for (const [guest, end] of this.#endOf) if (now < end) yield [guest, Math.ceil((end - now) / 1000)];
  }

  /** Whether a guest is traced now. As a rule nobody is, and then this costs nothing. */
  has(guest: number): boolean {
    if (this.#endOf.size === 0) return false;
    const end = this.#endOf.get(guest);
    if (end === undefined || performance.now() < end) return end !== undefined;
    this.#endOf.delete(guest);
    return false;
  }
}
