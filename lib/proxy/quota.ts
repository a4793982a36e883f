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

const NOBODY: ReadonlyMap<string, number> = new Map();

/** Counts the places that are taken. */
export class Places {
  readonly #own = new Map<string, number>();

  /** Tells how many of the same places others have taken; nobody has unless told. */
  others: () => ReadonlyMap<string, number> = () => NOBODY;

  /** How many were taken here, by whose they are. */
  get own(): ReadonlyMap<string, number> {
    return this.#own;
  }

  /** How many have at least one here. */
  get size(): number {
    return this.#own.size;
  }

  /**
   * Tells how many places are taken, here and by others.
   *
   * @param of Whose.
   * @returns How many.
   */
  taken(of: string): number {
    return (this.#own.get(of) ?? 0) + (this.others().get(of) ?? 0);
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
    for (const { of } of claims) this.#own.set(of, (this.#own.get(of) ?? 0) + 1);
    return undefined;
  }

  /**
   * Gives back what was taken.
   *
   * @param claims The same claims.
   */
  giveBack(claims: readonly Claim[]): void {
    for (const { of } of claims) {
      const left = (this.#own.get(of) ?? 0) - 1;
      if (left > 0) this.#own.set(of, left);
      else this.#own.delete(of);
    }
  }
}
