/**
 * Limiting how many streams have a connection of their own. Such a connection carries a large stream at a lower cost.
 * But each one is read independently of the others, so many of them would delay guests with small requests.
 *
 * @module
 */

/** How many streams of a bridge may have one at most. Its busiest guest gets half of them. */
export const MOST_PROMOTED = 8;

/** Counts the streams that have a connection of their own. */
export class Promotions {
  readonly #guests = new Map<string, number>();
  #total = 0;

  /**
   * Takes one for a guest, if the guest has fewer than are left. The first guest gets 4 of 8, the next one 2.
   *
   * @param guest The guest's address.
   * @returns Whether the guest gets one. It has to be given back.
   */
  take(guest: string): boolean {
    const own = this.#guests.get(guest) ?? 0;
    if (own >= MOST_PROMOTED - this.#total) return false;
    this.#guests.set(guest, own + 1);
    this.#total++;
    return true;
  }

  /** Gives back one that {@linkcode take} has granted. */
  giveBack(guest: string): void {
    const left = (this.#guests.get(guest) ?? 0) - 1;
    if (left > 0) this.#guests.set(guest, left);
    else this.#guests.delete(guest);
    this.#total--;
  }
}
