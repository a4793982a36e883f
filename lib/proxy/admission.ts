/**
 * Admission of streams: a proxy takes one only if no limit is reached. The same for both halves.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { log } from "../log.ts";
import { type Quota, Quotas } from "./quota.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import type { ServiceCounter } from "./service_counter.ts";
import type { Stats } from "./stats.ts";

/** A stream that was admitted. */
export interface Admitted {
  /** The quotas that it takes. */
  readonly quotas: readonly Quota[];
  /** What counts its service's streams. */
  readonly counter: ServiceCounter;
}

/** Admits streams, and counts and logs those that it refuses. */
export abstract class Admission {
  /** The quotas that streams take. */
  readonly quotas: Quotas = new Quotas();
  /** What counts the streams. */
  protected readonly stats: Stats;
  readonly #refusals: RateLimitedLog;
  #limits: Limits = DEFAULT_LIMITS;

  /**
   * @param stats What counts the streams.
   * @param refusal What is logged of a stream that is refused.
   */
  constructor(stats: Stats, refusal: string) {
    this.stats = stats;
    this.#refusals = new RateLimitedLog((fields) => log.warning(refusal, fields));
  }

  /** The limits in force. A change does not affect streams that were admitted before. */
  get limits(): Limits {
    return this.#limits;
  }

  protected set limits(limits: Limits) {
    this.#limits = limits;
  }

  /** A stream that was admitted has ended. */
  ended({ quotas, counter }: Admitted): void {
    this.quotas.giveBack(quotas);
    counter.ended();
  }

  /**
   * Counts and logs a stream that is refused.
   *
   * @param reached The limit that is reached.
   * @param counter What counts its service's streams.
   * @param fields Whose stream it is. What is logged of them has a rate limit of its own.
   */
  protected refuse(
    { limit, max }: Pick<Quota, "limit" | "max">,
    counter: ServiceCounter,
    fields: Readonly<Record<string, string | number>>,
  ): void {
    this.stats.refused(counter, limit);
    this.#refusals.note([limit, ...Object.values(fields)].join(" "), { ...fields, limit: `:${limit}:`, max });
  }
}
