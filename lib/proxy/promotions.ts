/**
 * Which streams may have a connection of their own. A large stream is carried for less on one, but each of them is read
 * without regard to the others, so that many would take the time of those guests that only ask for a page.
 *
 * @module
 */

/** How many there are at most for a bridge; half of them for its busiest guest. */
export const MOST_PROMOTED = 8;

/** Counts them. */
export class Promotions {
  readonly #guests = new Map<string, number>();
  #total = 0;

  /**
   * Takes one for a guest, if it has no more of them than are left: the first guest gets 4 of 8, the next one 2.
   *
   * @param guest The guest's address.
   * @returns Whether it gets one, which is to be given back.
   */
  take(guest: string): boolean {
    const own = this.#guests.get(guest) ?? 0;
    if (own >= MOST_PROMOTED - this.#total) return false;
    this.#guests.set(guest, own + 1);
    this.#total++;
    return true;
  }

  /** Gives back what {@linkcode take} has taken. */
  giveBack(guest: string): void {
    const left = (this.#guests.get(guest) ?? 0) - 1;
    if (left > 0) this.#guests.set(guest, left);
    else this.#guests.delete(guest);
    this.#total--;
  }
}
