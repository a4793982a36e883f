/**
 * The rules of all bridges and of the proxies as they were last listed, for as long as nobody has changed them. To list and
 * to compare them takes more time than all else in a pass, and nft tells of every change.
 *
 * @module
 */

import type { PresentEgress } from "../nft/egress_listing.ts";
import type { BridgeTable } from "../nft/fingerprint.ts";

/** After how long the rules are listed anyway, in milliseconds, since an event may be lost. */
const KNOWN_MS = 300_000;

/** The rules as nft has listed them. */
export interface ListedRules {
  /** The rules of all bridges. */
  readonly table: BridgeTable;
  /** The rules that restrict the proxies; `undefined` if they could not be listed. */
  readonly egress: PresentEgress | undefined;
}

/** Remembers the rules. */
export class KnownRules {
  #rules: ListedRules | undefined;
  #listedAt = 0;
  #changes = 0;

  /** How often somebody has changed our tables, or may have. */
  get changes(): number {
    return this.#changes;
  }

  /** Says that somebody has changed our tables, or may have. */
  forget(): void {
    this.#changes++;
    this.#rules = undefined;
  }

  /**
   * Tells what the rules are.
   *
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns The rules; `undefined` if they have to be listed.
   */
  known(now: number): ListedRules | undefined {
    return now - this.#listedAt < KNOWN_MS ? this.#rules : undefined;
  }

  /**
   * Says that the rules are about to be listed.
   *
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns What {@linkcode end} takes.
   */
  begin(now: number): readonly [changes: number, now: number] {
    return [this.#changes, now];
  }

  /**
   * Remembers the rules, unless somebody has changed them while they were listed.
   *
   * @param listing What {@linkcode begin} returned.
   * @param rules The rules.
   */
  end([changes, now]: readonly [changes: number, now: number], rules: ListedRules): void {
    if (changes === this.#changes) [this.#rules, this.#listedAt] = [rules, now];
  }
}
