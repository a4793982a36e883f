/**
 * How many connections each guest may open a second.
 *
 * @module
 */

/** For how many seconds a guest may save connections that it has not opened, and then open them all at once. */
export const BURST_SECONDS = 10;

/** How often guests are forgotten that have saved all that they can, in milliseconds. */
const FORGET_MS = 10_000;

/**
 * A token bucket for each guest. It is kept as one number, the time at which the bucket is full again (the generic cell
 * rate algorithm), so there is nothing to refill, and a guest whose bucket is full needs no entry.
 */
export class ConnectionRates {
  readonly #fullAt = new Map<string, number>();
  #forgotAt = 0;

  /** How many guests have an entry. */
  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * Takes a connection of a guest.
   *
   * @param guest The guest's address.
   * @param rate How many it may open a second; 0 for any number.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns Whether the guest may open it.
   */
  take(guest: string, rate: number, now: number): boolean {
    if (rate === 0) return true;
    this.#forget(now);
    const fullAt = Math.max(this.#fullAt.get(guest) ?? 0, now) + 1000 / rate;
    // Sums of fractions are not exact; a thousandth of a connection does no harm.
    if (fullAt - now > BURST_SECONDS * 1000 + 1 / rate) return false;
    this.#fullAt.set(guest, fullAt);
    return true;
  }

  #forget(now: number): void {
    if (now - this.#forgotAt < FORGET_MS) return;
    this.#forgotAt = now;
    for (const [guest, fullAt] of this.#fullAt) if (fullAt <= now) this.#fullAt.delete(guest);
  }
}
