/**
 * What parsing each key has in common: find it, read a number, say what is wrong.
 *
 * @module
 */

import type { Problem } from "./config.ts";
import type { YamlValue } from "./yaml_value.ts";

/** Collects what is wrong, so that parsing can go on. */
export type Report = (problem: Problem) => void;

/**
 * Finds a key, and reports every earlier one of the same name, since Ruby passes over it without a word.
 *
 * @param value A mapping.
 * @param key The key without colons.
 * @param report Is told of the earlier ones.
 * @returns The value of the last one, or `undefined` if there is none.
 */
export function getOne(value: YamlValue, key: string, report: Report): YamlValue | undefined {
  const all = value.getAll(key);
  for (const { at, source } of all.slice(0, -1)) {
    report({ at, key: `:${key}:`, value: source, advice: `ignored: line ${all.at(-1)?.at.line} wins` });
  }
  return value.get(key);
}

/**
 * Reads a number, quoted or not.
 *
 * @param value A value of the file.
 * @returns The number, or `undefined` if it is none.
 */
export function toNumber(value: YamlValue): number | undefined {
  const scalar = value.scalar;
  if (typeof scalar === "number") return scalar;
  return typeof scalar === "string" && /^\d{1,9}$/.test(scalar) ? Number(scalar) : undefined;
}

/**
 * States what is wrong with a value.
 *
 * @param value What is wrong, or what lacks something.
 * @param key The key with its colons.
 * @param expected What would have been right.
 * @param missing Whether the key is missing in the value.
 * @returns The problem.
 */
export function wrong(value: YamlValue, key: string, expected: string, missing = false): Problem {
  return { at: value.at, key, value: missing ? undefined : value.source, advice: `expected ${expected}` };
}

/**
 * Parses a key that is yes or no.
 *
 * @param parent The mapping that may have the key.
 * @param key The key without colons.
 * @param report Is told of a bad value.
 * @returns The value, or `undefined` if it is missing or bad.
 */
export function parseBoolean(parent: YamlValue, key: string, report: Report): boolean | undefined {
  const value = getOne(parent, key, report);
  if (value === undefined || value.scalar === null) return undefined;
  if (typeof value.scalar === "boolean") return value.scalar;
  report(wrong(value, `:${key}:`, "true or false"));
  return undefined;
}
