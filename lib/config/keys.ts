/**
 * Which keys are ours, and which of them somebody may have meant by another. Pure.
 *
 * @module
 */

import { LIMIT_NAMES, LIMITS, OPTION_NAMES, OPTIONS } from "../limits.ts";
import { printable } from "./config.ts";

/** What a key for all entries has before the key of one entry. */
const FOR_ALL = "tproxy_";

/** The file's keys that are ours, without colons. */
export const FILE_KEYS: readonly string[] = [
  "tproxy",
  "tproxy_debug_level",
  "tproxy_process_owner",
  "tproxy_follow_config",
  `${FOR_ALL}${OPTIONS.redirect.word}`,
  ...LIMIT_NAMES.map((name) => `${FOR_ALL}${LIMITS[name].word}`),
];

/** An entry's keys, without colons. */
export const ENTRY_KEYS: readonly string[] = [
  "service_port",
  "remote_addr",
  "remote_port",
  "networks",
  ...OPTION_NAMES.map((name) => OPTIONS[name].word),
];

/** What people write for `networks`, and what the letters alone would not tell. */
const NETWORKS = /^v(?:irtual)?_?net(?:work)?s?(?:_?(?:ids?|names?))?$/i;

/** Anything shorter is the beginning of too many words. */
const SHORTEST_BEGINNING = 3;

/** How many letters of a long key may be wrong. */
const MOST_DIFFERENCES = 3;

/** Longer than any key of ours and what people add to it: comparing takes as many steps as the lengths multiplied. */
const LONGEST = 64;

/**
 * Finds the key of an entry that another key may be a misspelling of: some letters differ, or one is the beginning of
 * the other (`net`, `remote_address`), with or without a plural's "s" (`network_id`); or it is the key for all entries
 * (`tproxy_idle_timeout`).
 *
 * @param name A key that no entry has, without colons.
 * @returns The nearest key of an entry, or `undefined` if it resembles none.
 */
export function nearestEntryKey(name: string): string | undefined {
  const isForAll = name.startsWith(FOR_ALL) && ENTRY_KEYS.includes(name.slice(FOR_ALL.length));
  if (isForAll) return name.slice(FOR_ALL.length);
  return NETWORKS.test(name) ? "networks" : nearestOf(name, ENTRY_KEYS, true);
}

/**
 * Finds the key of the file that another key may be a misspelling of. Whatever begins with `tprox` is meant for us.
 *
 * @param name A key of the file that is not ours, without colons.
 * @returns The nearest key of ours, or `undefined` if it is somebody else's.
 */
export function nearestFileKey(name: string): string | undefined {
  const isOurs = lettersOf(name).startsWith("tprox");
  return nearestOf(name, FILE_KEYS, isOurs) ?? (isOurs ? "tproxy" : undefined);
}

/**
 * Finds out whether a text is a key and its value with nothing between them, which YAML takes for one word.
 *
 * @param text A text, for example `:service_port:5030`.
 * @returns The key without colons, and the value made safe to print; `undefined` if it is something else.
 */
export function splitGlued(text: string): { key: string; value: string } | undefined {
  const [, key, value] = /^:?([a-z_]+):(\S{1,80})$/.exec(text) ?? [];
  if (key === undefined || value === undefined) return undefined;
  return ENTRY_KEYS.includes(key) || FILE_KEYS.includes(key) ? { key, value: printable(value) } : undefined;
}

function nearestOf(name: string, keys: readonly string[], mayBeBeginning: boolean): string | undefined {
  const word = lettersOf(name);
  let [nearest, least] = [undefined as string | undefined, Infinity];
  for (const key of keys) {
    const known = lettersOf(key);
    const { whole, beginning } = countDifferences(word, known);
    const shorter = Math.min(word.length, known.length);
    const isNear = whole <= Math.min(MOST_DIFFERENCES, Math.max(1, Math.floor(key.length / 4)));
    const isBeginning = mayBeBeginning && shorter >= SHORTEST_BEGINNING && beginning <= Math.floor(shorter / 4);
    // Of two keys at the same distance, the longer one has more in common with the word.
    if ((isNear || isBeginning) && whole <= least) [nearest, least] = [key, whole];
  }
  return nearest;
}

/** Neither capitals, hyphens nor a plural make another key of it. */
function lettersOf(name: string): string {
  return name.slice(0, LONGEST).toLowerCase().replaceAll(/[^a-z0-9]/g, "").replace(/(?:ies|s)$/, "");
}

/** The letters that are left out, put in, changed or swapped with the next (optimal string alignment distance). */
interface Differences {
  /** Between the words. */
  readonly whole: number;
  /** Between one of them and that beginning of the other which is nearest to it. */
  readonly beginning: number;
}

function countDifferences(a: string, b: string): Differences {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  let beginning = b.length;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (row: readonly number[], column: number) => row[column] ?? Infinity;
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(before, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed, swapped));
    }
    [before, last] = [last, row];
    beginning = Math.min(beginning, row.at(-1) ?? Infinity);
  }
  return { whole: last.at(-1) ?? a.length, beginning: Math.min(beginning, ...last) };
}
