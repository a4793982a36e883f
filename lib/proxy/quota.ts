/**
 * Quotas: how many streams each guest, port or bridge may have at once, so that nobody has all of them.
 *
 * @module
 */

/** A claim to one of a limited number of quotas. */
export interface Claim {
  /** Whose quota it is: a guest's address, a port, a bridge. */
  readonly of: string;
  /** How many streams it allows. */
  readonly max: number;
  /** The limit's name, as it is in the configuration. */
  readonly limit: string;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

/** Counts what is used of each quota. */
export class Quotas {
  readonly #own = new Map<string, number>();

  /** Tells how much of the same quotas other daemons use; nothing unless set. */
  others: () => ReadonlyMap<string, number> = () => NOBODY;

  /** How much is used here, by whose quota it is. */
  get own(): ReadonlyMap<string, number> {
    return this.#own;
  }

  /** How many have at least one here. */
  get size(): number {
    return this.#own.size;
  }

  /**
   * Tells how much of a quota is used, here and by others.
   *
   * @param of Whose.
   * @returns How many.
   */
  taken(of: string): number {
    return (this.#own.get(of) ?? 0) + (this.others().get(of) ?? 0);
  }

  /**
   * Takes one of each quota, or of none at all.
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
