/**
 * Places for streams: who may have how many at once, so that nobody takes all of them.
 *
 * @module
 */

/** A claim to one of a limited number of places. */
export interface Claim {
  /** Whose places they are: a guest's address, a port. */
  readonly of: string;
  /** How many there are. */
  readonly max: number;
  /** The limit's name, as it is in the configuration. */
  readonly limit: string;
}

/** Counts the places that are taken. */
export class Places {
  readonly #taken = new Map<string, number>();

  /** How many have at least one. */
  get size(): number {
    return this.#taken.size;
  }

  /**
   * Tells how many places are taken.
   *
   * @param of Whose.
   * @returns How many.
   */
  taken(of: string): number {
    return this.#taken.get(of) ?? 0;
  }

  /**
   * Takes one place for each claim, or none at all.
   *
   * @param claims The claims.
   * @returns The claim that could not be granted, if there is one; else they are to be given back.
   */
  take(claims: readonly Claim[]): Claim | undefined {
    const refused = claims.find(({ of, max }) => this.taken(of) >= max);
    if (refused !== undefined) return refused;
    for (const { of } of claims) this.#taken.set(of, this.taken(of) + 1);
    return undefined;
  }

  /**
   * Gives back what was taken.
   *
   * @param claims The same claims.
   */
  giveBack(claims: readonly Claim[]): void {
    for (const { of } of claims) {
      const left = this.taken(of) - 1;
      if (left > 0) this.#taken.set(of, left);
      else this.#taken.delete(of);
    }
  }
}
