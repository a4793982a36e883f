/**
 * Quotas: how many streams each guest, port or bridge may have at once, so that none can use up all.
 *
 * @module
 */

import type { RefusingLimit } from "../protocol/counts.ts";

/** The quota of one owner, as long as somebody uses it. All streams of the owner have this one object. */
export interface Quota {
  /** The owner of the quota: a guest's address, a port or a bridge. */
  readonly of: string;
  /** How many streams it allows. */
  max: number;
  /** The limit's name in the configuration. */
  limit: RefusingLimit;
  /** How many streams of this daemon there are. */
  used: number;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

/** Counts how much of each quota is used. */
export class Quotas {
  /** The quotas that are used. */
  readonly #used = new Map<string, Quota>();

  /** Returns how much of the same quotas other daemons use; nothing by default. */
  others: () => ReadonlyMap<string, number> = () => NOBODY;

  /** How much this daemon uses, by the quota's owner. */
  get own(): ReadonlyMap<string, number> {
    return new Map(this.#used.values().map(({ of, used }) => [of, used]));
  }

  /** How many quotas this daemon uses. */
  get size(): number {
    return this.#used.size;
  }

  /**
   * Finds a quota, or makes it. One that is not taken at once is not kept.
   *
   * @param of The owner of the quota.
   * @param max How many streams it allows from now on.
   * @param limit The limit's name in the configuration.
   * @returns The quota.
   */
  of(of: string, max: number, limit: RefusingLimit): Quota {
    const quota = this.#used.get(of);
    if (quota === undefined) return { of, max, limit, used: 0 };
    quota.max = max;
    quota.limit = limit;
    return quota;
  }

  /**
   * Tells how much of a quota is used, by this daemon and by others.
   *
   * @param of The owner of the quota.
   * @returns How many streams.
   */
  taken(of: string): number {
    return (this.#used.get(of)?.used ?? 0) + (this.others().get(of) ?? 0);
  }

  /**
   * Takes one stream of each quota, or of none if one is used up.
   *
   * @param quotas The quotas, from {@linkcode of}.
   * @returns The quota that is used up; `undefined` if all were taken, and have to be given back.
   */
  take(quotas: readonly Quota[]): Quota | undefined {
    const others = this.others();
    for (const quota of quotas) {
      if (quota.used + (others.get(quota.of) ?? 0) >= quota.max) return quota;
    }
    for (const quota of quotas) {
      if (quota.used++ === 0) this.#used.set(quota.of, quota);
    }
    return undefined;
  }

  /**
   * Gives quotas back.
   *
   * @param quotas The quotas that were taken.
   */
  giveBack(quotas: readonly Quota[]): void {
    for (const quota of quotas) {
      if (--quota.used === 0) this.#used.delete(quota.of);
    }
  }
}
