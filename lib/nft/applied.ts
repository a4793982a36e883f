/**
 * What our rules were right after they had been made, so that a later look can tell whether they still are: the chains of each
 * bridge, which `setup` makes, and the tables that hold the proxies, which `tproxy` makes. Losing it costs nothing: a
 * supervisor makes the rules again, and takes it down anew.
 *
 * @module
 */

import { type BridgeName, type BridgeNames, RUN_FILES } from "../names.ts";
import { hashDigits } from "../hash.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import type { BridgeForm } from "./matches.ts";
import { chainsOf, renderChain } from "./chains.ts";
import { NO_EGRESS, renderEgress, tablesFor } from "./egress.ts";
import { type Content, fingerprintTable } from "./fingerprint.ts";

/** The rules of one bridge as they were made. */
export interface AppliedRules {
  /** The form that the kernel took. */
  readonly form: BridgeForm;
  /** Differs if the transaction does, because another version would write other rules; 16 hexadecimal digits. */
  readonly script: string;
  /** The fingerprint of each chain, by the chain's name. */
  readonly chains: Readonly<Record<string, string>>;
}

/** The same of all bridges. */
export type Applied = ReadonlyMap<BridgeName, AppliedRules>;

/**
 * Describes the rules of one bridge as they are just after they were made.
 *
 * @param names The bridge's names.
 * @param form The form that the kernel took.
 * @param found What nft lists.
 * @returns What is to be noted. A chain that does not have as many rules as it was given has changed already, and no
 * fingerprint, so that the next look finds it changed.
 */
export function describeChains(
  names: BridgeNames,
  form: BridgeForm,
  found: ReadonlyMap<string, Content>,
): AppliedRules {
  const chains = chainsOf(names, form).map(({ name, rules }) => {
    const content = found.get(name);
    return [name, content?.rules === rules.length ? content.fingerprint : ""];
  });
  return { form, script: scriptOf(names, form), chains: Object.fromEntries(chains) };
}

/**
 * Tells two versions of the rules apart.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns 16 hexadecimal digits, which differ if a chain or a rule does.
 */
export function scriptOf(names: BridgeNames, form: BridgeForm): string {
  return hashDigits(chainsOf(names, form).flatMap(renderChain).join("\n"), 16);
}

/**
 * Reads what was noted.
 *
 * @returns The fingerprints of every bridge whose rules `setup` has made; nothing if the file is missing or damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function readApplied(): Promise<Applied> {
  return parseApplied(await readIfThere(RUN_FILES.appliedRules) ?? "");
}

/**
 * Takes down what one bridge's rules are. Whoever calls it holds the lock of `setup`.
 *
 * @param bridge The bridge.
 * @param rules The rules.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeApplied(bridge: BridgeName, rules: AppliedRules): Promise<void> {
  await write(new Map(await readApplied()).set(bridge, rules));
}

/**
 * Forgets one bridge. Whoever calls it holds the lock of `setup`.
 *
 * @param bridge The bridge.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function forgetApplied(bridge: BridgeName): Promise<void> {
  const applied = new Map(await readApplied());
  if (applied.delete(bridge)) await write(applied);
}

/** The rules that hold the proxies, as they were made. */
export interface AppliedEgress {
  /** Differs if the transaction does, elements apart; 16 hexadecimal digits. */
  readonly script: string;
  /** The fingerprint of each table, by its family. */
  readonly tables: Readonly<Record<"inet" | "bridge", string>>;
}

/** What nft printed of the `inet` and of the `bridge` table that hold the proxies; `undefined` for one that does not exist. */
export type EgressListings = Readonly<Record<"inet" | "bridge", string | undefined>>;

/**
 * Describes the rules that hold the proxies as they are just after they were made.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft lists.
 * @returns What is to be noted. A table that is gone, or does not have as many rules as it was given, has no fingerprint.
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
 * Tells whether the rules that hold the proxies are those that this version makes, and as they were made.
 *
 * @param outer The number of outer's own user and group.
 * @param listings What nft lists.
 * @param applied What was noted; `undefined` if nothing was.
 * @returns Whether nothing but the elements of the sets may differ.
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
 * Reads what was noted of the rules that hold the proxies.
 *
 * @returns It; `undefined` if the file is missing or damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function readAppliedEgress(): Promise<AppliedEgress | undefined> {
  try {
    const { script, tables: { inet, bridge } } = JSON.parse(await readIfThere(RUN_FILES.appliedEgress) ?? "");
    return { script, tables: { inet, bridge } };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/**
 * Takes down what the rules that hold the proxies are. Whoever calls it holds the lock of the daemons.
 *
 * @param applied The rules; `undefined` if there are none any more.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeAppliedEgress(applied: AppliedEgress | undefined): Promise<void> {
  if (applied === undefined) await removeIfThere(RUN_FILES.appliedEgress);
  else await replaceFile(RUN_FILES.appliedEgress, JSON.stringify(applied) + "\n", 0);
}

async function write(applied: Applied): Promise<void> {
  if (applied.size === 0) await removeIfThere(RUN_FILES.appliedRules);
  else await replaceFile(RUN_FILES.appliedRules, JSON.stringify(Object.fromEntries(applied)) + "\n", 0);
}

/**
 * Parses what was noted.
 *
 * @param text The file's text.
 * @returns The fingerprints; none if the text is not what it should be.
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
