/**
 * Checking limits and options in files between the programs, and writing them as words: in the comment of an nft
 * element, and in the output of `tproxy check` (`max_connections=100 connect_timeout=5 proxy_protocol=v2 redirect=no`).
 *
 * @module
 */

import { isObject } from "./is_object.ts";
import {
  type EndpointOptions,
  LIMIT_NAMES,
  LIMITS,
  type Limits,
  type LimitValue,
  OPTION_NAMES,
  OPTIONS,
} from "./limits.ts";

/** The options of an endpoint, as a field to spread into it. An endpoint without options does not have the field. */
export interface WithOptions {
  /** The options; at least one. */
  readonly options?: EndpointOptions;
}

/** The options in a comment. */
export interface ParsedOptions extends WithOptions {
  /** The words that are not options, in the order of the comment. */
  readonly unknown: readonly string[];
}

/**
 * Wraps options into a field, to be spread into an endpoint.
 *
 * @param options The options; they may be empty.
 * @returns An object with the field `options`, or without it if there are none.
 */
export function withOptions(options: EndpointOptions = {}): WithOptions {
  return Object.keys(options).length === 0 ? {} : { options };
}

/**
 * Checks limits that were read from a file.
 *
 * @param value Anything, for example out of a JSON file.
 * @returns The limits and nothing else, or `undefined` if one is missing or out of range.
 */
export function checkLimits(value: unknown): Limits | undefined {
  if (!isObject(value)) return undefined;
  if (!LIMIT_NAMES.every((name) => LIMITS[name].unit.holds(value[name]))) return undefined;
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, value[name]])) as unknown as Limits;
}

/**
 * Checks an endpoint's options that were read from a file.
 *
 * @param value Anything, for example out of a JSON file; `undefined` for none.
 * @returns The options and nothing else, or `undefined` if it is no object or one of them is out of range.
 */
export function checkOptions(value: unknown = {}): WithOptions | undefined {
  if (!isObject(value)) return undefined;
  const names = OPTION_NAMES.filter((name) => value[name] !== undefined);
  if (!names.every((name) => OPTIONS[name].unit.holds(value[name]))) return undefined;
  return withOptions(Object.fromEntries(names.map((name) => [name, value[name]])));
}

/**
 * Writes a limit as a word.
 *
 * @param name Which limit.
 * @param value The limit, in milliseconds for a timeout.
 * @returns For example `connect_timeout=5`.
 */
export function renderLimit(name: keyof Limits, value: number): string {
  return `${LIMITS[name].word}=${LIMITS[name].unit.write(value)}`;
}

/**
 * Writes options as words.
 *
 * @param options The options.
 * @returns The words, separated by spaces; empty if there are none. They have at most 128 bytes, which nft accepts;
 * `redirect=yes` would make them 129, but no endpoint has it.
 */
export function renderOptions(options: EndpointOptions): string {
  const words = OPTION_NAMES.map((name) => {
    const value = options[name];
    return value === undefined ? "" : `${OPTIONS[name].word}=${OPTIONS[name].unit.write(value)}`;
  });
  return words.filter((word) => word !== "").join(" ");
}

/**
 * Reads options from words. Anybody who may change nft can write anything there, so a word counts only if it is exactly
 * one that {@linkcode renderOptions} writes. If an option occurs several times, the first one counts.
 *
 * @param text A comment.
 * @returns The options, in their usual order, and the words that are not options.
 */
export function parseOptions(text: string): ParsedOptions {
  const found = new Map<string, LimitValue>();
  const unknown: string[] = [];
  for (const part of text.split(" ").filter((part) => part !== "")) {
    const [name, value] = parseWord(part) ?? [];
    if (name === undefined || value === undefined || found.has(name)) unknown.push(part);
    else found.set(name, value);
  }
  const names = OPTION_NAMES.filter((name) => found.has(name));
  return { ...withOptions(Object.fromEntries(names.map((name) => [name, found.get(name)]))), unknown };
}

function parseWord(part: string): [string, LimitValue | undefined] | undefined {
  const [, word, text = ""] = /^([a-z_]+)=(\w{1,7})$/.exec(part) ?? [];
  const name = OPTION_NAMES.find((name) => OPTIONS[name].word === word);
  if (name === undefined) return undefined;
  const { read, write } = OPTIONS[name].unit;
  const value = read(BOOLEANS.get(text) ?? (/^\d+$/.test(text) ? Number(text) : text));
  return [name, value !== undefined && write(value) === text ? value : undefined];
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([["yes", true], ["no", false]]);
