/**
 * An endpoint's options in words, as they stand in the comment of its nft element and in what `tproxy check` prints:
 * `max_connections=100 connect_timeout=5 proxy_protocol=v2 redirect=no`.
 *
 * @module
 */

import {
  type EndpointOptions,
  LIMITS,
  type Limits,
  OPTION_NAMES,
  PROXY_PROTOCOL,
  REDIRECT,
  toLimit,
} from "./limits.ts";

/** What a comment says. */
export interface ParsedOptions {
  /** The options, without those that it gets wrong. */
  readonly options: EndpointOptions;
  /** The words that mean nothing, in its order. */
  readonly unknown: readonly string[];
}

/**
 * Writes a limit in words.
 *
 * @param name Which limit.
 * @param value The limit, in milliseconds for a timeout.
 * @returns For example `connect_timeout=5`.
 */
export function renderLimit(name: keyof Limits, value: number): string {
  const { word, unit } = LIMITS[name];
  // What a file between the programs may hold, and the configuration may not, is never made stricter by its notation.
  return `${word}=${Math.ceil(value / unit.factor)}`;
}

/**
 * Writes options in words.
 *
 * @param options The options.
 * @returns The words with spaces between them, at most 129 bytes with `redirect=yes`, which no endpoint has, and the 128 that
 * nft takes without; empty if there are none.
 */
export function renderOptions(options: EndpointOptions): string {
  const words = OPTION_NAMES.flatMap((name) => options[name] === undefined ? [] : [renderLimit(name, options[name])]);
  const { proxyProtocol, redirect } = options;
  return [
    ...words,
    ...(proxyProtocol === undefined ? [] : [`${PROXY_PROTOCOL}=${proxyProtocol}`]),
    ...(redirect === undefined ? [] : [`${REDIRECT}=${redirect ? "yes" : "no"}`]),
  ].join(" ");
}

/**
 * Reads options in words. Whoever may change nft can put anything there, so a word counts only if it is exactly what
 * {@linkcode renderOptions} writes; of several for one option the first counts.
 *
 * @param text A comment.
 * @returns The options, in the order in which they are always written, and the words that are none.
 */
export function parseOptions(text: string): ParsedOptions {
  const found = new Map<string, number | "v2" | boolean>();
  const unknown: string[] = [];
  for (const part of text.split(" ").filter((part) => part !== "")) {
    const [name, value] = parseWord(part) ?? [];
    if (name === undefined || value === undefined || found.has(name)) unknown.push(part);
    else found.set(name, value);
  }
  const names = [...OPTION_NAMES, "proxyProtocol", "redirect"].filter((name) => found.has(name));
  const options: EndpointOptions = Object.fromEntries(names.map((name) => [name, found.get(name)]));
  return { options, unknown };
}

function parseWord(part: string): [string, number | "v2" | boolean] | undefined {
  if (part === `${PROXY_PROTOCOL}=v2`) return ["proxyProtocol", "v2"];
  if (part === `${REDIRECT}=yes`) return ["redirect", true];
  if (part === `${REDIRECT}=no`) return ["redirect", false];
  const [, word, digits] = /^([a-z_]+)=([1-9]\d{0,6})$/.exec(part) ?? [];
  const name = OPTION_NAMES.find((name) => LIMITS[name].word === word);
  const value = name && toLimit(name, Number(digits));
  return name === undefined || value === undefined ? undefined : [name, value];
}
