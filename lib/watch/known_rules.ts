/**
 * The rules of all bridges as they were last listed, for as long as nobody has changed them. To list and to compare them
 * takes more time than all else in a pass, and nft tells of every change.
 *
 * @module
 */

import type { BridgeTable } from "../nft/fingerprint.ts";

/** After how long the rules are listed anyway, in milliseconds, since an event may be lost. */
const KNOWN_MS = 300_000;

/** Remembers the rules. */
export class KnownRules {
  #table: BridgeTable | undefined;
  #listedAt = 0;
  #changes = 0;

  /** Says that somebody has changed our tables, or may have. */
  forget(): void {
    this.#changes++;
    this.#table = undefined;
  }

  /**
   * Tells what the rules are.
   *
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns The rules; `undefined` if they have to be listed.
   */
  known(now: number): BridgeTable | undefined {
    return now - this.#listedAt < KNOWN_MS ? this.#table : undefined;
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
   * @param table The rules.
   */
  end([changes, now]: readonly [changes: number, now: number], table: BridgeTable): void {
    if (changes === this.#changes) [this.#table, this.#listedAt] = [table, now];
  }
}
