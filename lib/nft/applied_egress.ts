/**
 * Fingerprints of the egress tables, taken right after `tproxy` applied them. The next pass compares them with what nft
 * lists, and finds out whether somebody has changed a rule.
 *
 * @module
 */

import { hashDigits } from "../hash.ts";
import { RUN_FILES } from "../paths.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import { NO_EGRESS, tablesFor } from "./egress_rules.ts";
import { renderEgress } from "./egress_script.ts";
import { fingerprintTable } from "./fingerprint.ts";

/** The egress rules as they were applied. */
export interface AppliedEgress {
  /** A hash of the rules that were applied, without the elements of the sets; 16 hexadecimal digits. */
  readonly script: string;
  /** The fingerprint of each table, by its family. */
  readonly tables: Readonly<Record<"inet" | "bridge", string>>;
}

/** What nft printed for the `inet` and the `bridge` egress table; `undefined` for a table that does not exist. */
export type EgressListings = Readonly<Record<"inet" | "bridge", string | undefined>>;

/**
 * Takes the fingerprints of the egress rules. It has to be called right after the rules were applied.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft lists.
 * @returns What to record. A table that is gone, or does not have as many rules as were applied, gets an empty
 * fingerprint.
 * @throws {import("../errors.ts").KernelStateError} If one is not a listing.
 */
export function describeEgress(outer: number, listings: EgressListings): AppliedEgress {
  const tables = tablesFor(outer, NO_EGRESS).map(({ family, rules }) => {
    const found = listings[family] === undefined ? undefined : fingerprintTable(listings[family]);
    return [family, found?.rules === rules.length ? found.fingerprint : ""];
  });
  return { script: egressScriptOf(outer), tables: Object.fromEntries(tables) };
}

/**
 * Tells whether the egress rules are those of this version, and unchanged since they were applied.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft lists.
 * @param applied What was recorded; `undefined` if nothing was.
 * @returns Whether everything but the elements of the sets is the same.
 * @throws {import("../errors.ts").KernelStateError} If one is not a listing.
 */
export function isEgressAsApplied(
  outer: number,
  listings: EgressListings,
  applied: AppliedEgress | undefined,
): boolean {
  const now = describeEgress(outer, listings);
  return now.script === applied?.script && (["inet", "bridge"] as const).every((family) => {
    return now.tables[family] !== "" && now.tables[family] === applied.tables[family];
  });
}

function egressScriptOf(outer: number): string {
  return hashDigits(renderEgress(outer, NO_EGRESS), 16);
}

/**
 * Reads the fingerprints of the egress rules.
 *
 * @returns The fingerprints; `undefined` if the file is missing or damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readAppliedEgress(): AppliedEgress | undefined {
  try {
    const { script, tables: { inet, bridge } } = JSON.parse(readIfThere(RUN_FILES.appliedEgress) ?? "");
    return { script, tables: { inet, bridge } };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Records the fingerprints of the egress rules. The caller holds the lock of the daemons.
 *
 * @param applied The fingerprints; `undefined` once the rules have been removed.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function writeAppliedEgress(applied: AppliedEgress | undefined): void {
  if (applied === undefined) removeIfThere(RUN_FILES.appliedEgress);
  else replaceFile(RUN_FILES.appliedEgress, JSON.stringify(applied) + "\n", 0);
}
