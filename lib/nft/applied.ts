/**
 * Fingerprints of the chains of each bridge, taken right after `setup` applied them. A later check compares them with
 * what nft lists, and finds out whether somebody has changed a rule. If the fingerprints are lost, a supervisor applies
 * the rules again and records new ones.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import { RUN_FILES } from "../paths.ts";
import { hashDigits } from "../hash.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import type { BridgeForm } from "./matches.ts";
import { chainsOf, renderChain } from "./chains.ts";
import type { BridgeTable } from "./fingerprint.ts";
import { describeConstants, renderSharedSets } from "./shared_sets.ts";

/** The rules of one bridge as they were applied. */
export interface AppliedRules {
  /** The form that the kernel took. */
  readonly form: BridgeForm;
  /** A hash of the rules that were applied, 16 hexadecimal digits. It differs if another version writes other rules. */
  readonly script: string;
  /** The fingerprint of each chain, and the elements of each set whose elements are constant, by their names. */
  readonly chains: Readonly<Record<string, string>>;
}

/** The applied rules of all bridges. */
export type Applied = ReadonlyMap<BridgeName, AppliedRules>;

/**
 * Takes the fingerprints of one bridge's rules. It has to be called right after the rules were applied.
 *
 * @param names The bridge's names.
 * @param form The form that the kernel took.
 * @param found What nft lists.
 * @returns What to record. A chain that does not have as many rules as were applied, or a set that does not have as many
 * elements, has been changed already. It gets an empty text, so that the next check reports it.
 */
export function describeRules(names: BridgeNames, form: BridgeForm, found: BridgeTable): AppliedRules {
  const chains = chainsOf(names, form).map(({ name, rules }) => {
    const content = found.chains.get(name);
    return [name, content?.rules === rules.length ? content.fingerprint : ""];
  });
  return {
    form,
    script: scriptOf(names, form),
    chains: { ...Object.fromEntries(chains), ...describeConstants(found.sets) },
  };
}

/**
 * Hashes the rules of a bridge and the sets that they look up, so that two versions of them can be told apart.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns 16 hexadecimal digits. They differ if a chain, a rule or a set differs.
 */
export function scriptOf(names: BridgeNames, form: BridgeForm): string {
  return hashDigits([...renderSharedSets(), ...chainsOf(names, form).flatMap(renderChain)].join("\n"), 16);
}

/**
 * Reads the fingerprints of all bridges.
 *
 * @returns The fingerprints of every bridge whose rules `setup` has applied; none if the file is missing or damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readApplied(): Applied {
  return parseApplied(readIfThere(RUN_FILES.appliedRules) ?? "");
}

/**
 * Records the fingerprints of some bridges. The caller holds the lock of `setup`.
 *
 * @param rules The rules of each.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function writeApplied(rules: Applied): void {
  if (rules.size > 0) write(new Map([...readApplied(), ...rules]));
}

/**
 * Removes the fingerprints of some bridges. The caller holds the lock of `setup`.
 *
 * @param bridges The bridges.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function forgetApplied(bridges: readonly BridgeName[]): void {
  const applied = readApplied();
  const others = [...applied].filter(([bridge]) => !bridges.includes(bridge));
  if (others.length < applied.size) write(new Map(others));
}

function write(applied: Applied): void {
  if (applied.size === 0) removeIfThere(RUN_FILES.appliedRules);
  else replaceFile(RUN_FILES.appliedRules, JSON.stringify(Object.fromEntries(applied)) + "\n", 0);
}

/**
 * Parses the fingerprints of all bridges.
 *
 * @param text The file's text.
 * @returns The fingerprints; none if the text is damaged.
 */
export function parseApplied(text: string): Applied {
  try {
    const bridges = Object.entries<AppliedRules>(JSON.parse(text));
    const isGood = bridges.every(([, { form, script, chains }]) =>
      (form === "ibrname" || form === "veth-set") && typeof script === "string" &&
      Object.values(chains).every((value) => typeof value === "string")
    );
    return isGood ? new Map(bridges.map(([bridge, rules]) => [bridge as BridgeName, rules])) : new Map();
  } catch {
    return new Map();
  }
}
