/**
 * The keys that are not ours, or not written as the network drivers read them: what somebody may have meant by them.
 *
 * @module
 */

import type { Position, Problem } from "./config.ts";
import { ENTRY_KEYS, FILE_KEYS, nearestEntryKey, nearestFileKey, splitGlued } from "./keys.ts";
import type { Report } from "./values.ts";
import type { YamlKey, YamlValue } from "./yaml_value.ts";

/**
 * Looks at the keys of an entry.
 *
 * A key that may be a misspelt one of ours is a problem: `:netwoks: [7]` would open the service to every network. A key
 * that resembles none of ours may belong to a later OpenNebula, whose driver opens the service; so it is only a remark.
 *
 * @param entry The entry.
 * @param report Is told of what may be a misspelt key of ours: the entry must open nothing.
 * @param remark Is told of every other key that is not ours.
 */
export function checkEntryKeys(entry: YamlValue, report: Report, remark: Report): void {
  for (const key of entry.keys) {
    if (ENTRY_KEYS.includes(key.name)) continue;
    const [at, value] = [key.key.at, key.value.source];
    const glued = gluedText(key.name, at);
    const nearest = nearestEntryKey(key.name);
    if (glued !== undefined) report(glued);
    else if (nearest !== undefined) {
      report({ at, key: shown(key), value, advice: `expected the key to be :${nearest}:` });
    } else remark({ at, key: shown(key), value, advice: "ignored: an entry has no such key" });
  }
}

/**
 * Looks at the keys of the file. Most of them are somebody else's.
 *
 * @param root The whole file.
 * @param report Is told of what may be a misspelt key of ours.
 */
export function checkFileKeys(root: YamlValue, report: Report): void {
  for (const key of root.keys) {
    if (FILE_KEYS.includes(key.name)) continue;
    const nearest = nearestFileKey(key.name);
    if (nearest === undefined) continue;
    // Without its value: the file may be another one, which only root can read, where `proxy:` has a password.
    report({ at: key.key.at, key: shown(key), value: "no key of ours", advice: `expected the key to be :${nearest}:` });
  }
}

/**
 * Remarks on keys of ours that are no symbols for Ruby: we see them, and OpenNebula's own driver does not.
 *
 * @param root The whole file.
 * @param entries The entries.
 * @param remark Is told of the first of them, and how many more there are.
 */
export function checkSymbols(root: YamlValue, entries: readonly YamlValue[], remark: Report): void {
  const ours = [
    ...root.keys.filter(({ name }) => FILE_KEYS.includes(name)),
    ...entries.flatMap((entry) => entry.keys.filter(({ name }) => ENTRY_KEYS.includes(name))),
  ];
  const [first, ...others] = ours.filter(({ key }) => !key.isSymbol);
  if (first === undefined) return;
  const value = others.length === 0 ? "no symbol" : `no symbol, like ${others.length} more of our keys`;
  const why = "OpenNebula's own driver, which reads the file with --drop-in, sees no other";
  remark({ at: first.key.at, key: `${first.key.source}:`, value, advice: `expected :${first.name}:, since ${why}` });
}

/**
 * Finds out whether a value is a key of ours and its value with nothing between them: `:service_port:5030`.
 *
 * @param value A value that is not what it has to be.
 * @returns The problem, or `undefined` if it is something else.
 */
export function glued(value: YamlValue): Problem | undefined {
  return gluedText(String(value.scalar), value.at);
}

function gluedText(text: string, at: Position): Problem | undefined {
  const { key, value } = splitGlued(text) ?? {};
  return key === undefined ? undefined : { at, key: `:${key}:`, value, advice: "expected a space after the colon" };
}

function shown({ name, key }: YamlKey): string {
  return /^[\w-]{1,80}$/.test(name) ? `:${name}:` : key.source;
}
