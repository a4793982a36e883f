/**
 * Quotas: how many streams each guest, port or bridge may have at once, so that none can use up all.
 *
 * @module
 */

import type { RefusingLimit } from "../protocol/counts.ts";

/** A claim of one stream to a quota. */
export interface Claim {
  /** The owner of the quota: a guest's address, a port or a bridge. */
  readonly of: string;
  /** How many streams the quota allows. */
  readonly max: number;
  /** The limit's name in the configuration. */
  readonly limit: RefusingLimit;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

/** Counts how much of each quota is used. */
export class Quotas {
  readonly #own = new Map<string, number>();

  /** Returns how much of the same quotas other daemons use; nothing by default. */
  others: () => ReadonlyMap<string, number> = () => NOBODY;

  /** How much this daemon uses, by the quota's owner. */
  get own(): ReadonlyMap<string, number> {
    return this.#own;
  }

  /** How many quotas this daemon uses. */
  get size(): number {
    return this.#own.size;
  }

  /**
   * Tells how much of a quota is used, by this daemon and by others.
   *
   * @param of The owner of the quota.
   * @returns How many streams.
   */
  taken(of: string): number {
    return (this.#own.get(of) ?? 0) + (this.others().get(of) ?? 0);
  }

  /**
   * Takes one stream of each quota, or of none if one is used up.
   *
   * @param claims The claims.
   * @returns The claim that was refused; `undefined` if all were granted, and have to be given back.
   */
  take(claims: readonly Claim[]): Claim | undefined {
    const refused = claims.find(({ of, max }) => this.taken(of) >= max);
    if (refused !== undefined) return refused;
    for (const { of } of claims) this.#own.set(of, (this.#own.get(of) ?? 0) + 1);
    return undefined;
  }

  /**
   * Gives claims back.
   *
   * @param claims The claims that were granted.
   */
  giveBack(claims: readonly Claim[]): void {
    for (const { of } of claims) {
      const left = (this.#own.get(of) ?? 0) - 1;
      if (left > 0) this.#own.set(of, left);
      else this.#own.delete(of);
    }
  }
}
