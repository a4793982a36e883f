/**
 * Limits and options as they are in files between the programs, checked value by value.
 *
 * @module
 */

import { isObject } from "./is_object.ts";
import { type EndpointOptions, isLimit, LIMIT_NAMES, type Limits, OPTION_NAMES } from "./limits.ts";

/**
 * Checks what should be limits.
 *
 * @param value Anything, for example out of a JSON file.
 * @returns The limits and nothing else, or `undefined` if one is missing or out of range.
 */
export function checkLimits(value: unknown): Limits | undefined {
  if (!isObject(value)) return undefined;
  if (!LIMIT_NAMES.every((name) => isLimit(name, value[name]))) return undefined;
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, value[name]])) as unknown as Limits;
}

/**
 * Checks what should be an endpoint's options.
 *
 * @param value Anything, for example out of a JSON file.
 * @returns The options and nothing else, or `undefined` if it is no object or one of them is out of range.
 */
export function checkOptions(value: unknown): EndpointOptions | undefined {
  if (!isObject<"proxyProtocol" | "redirect">(value)) return undefined;
  const names = OPTION_NAMES.filter((name) => value[name] !== undefined);
  if (!names.every((name) => isLimit(name, value[name]))) return undefined;
  const { proxyProtocol, redirect } = value;
  if (proxyProtocol !== undefined && proxyProtocol !== "v2") return undefined;
  if (redirect !== undefined && typeof redirect !== "boolean") return undefined;
  const numbers: EndpointOptions = Object.fromEntries(names.map((name) => [name, value[name]]));
  return {
    ...numbers,
    ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    ...(redirect === undefined ? {} : { redirect }),
  };
}

/**
 * Puts options where they belong: a thing without any has no key for them.
 *
 * @param options Options, maybe none.
 * @returns An object to be spread into what has the options.
 */
export function withOptions(options: EndpointOptions | undefined): { options?: EndpointOptions } {
  return options === undefined || Object.keys(options).length === 0 ? {} : { options };
}
