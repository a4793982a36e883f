/**
 * The limits of a hypervisor, and the options of one entry. A bad value is reported and counts as not set.
 *
 * @module
 */

import {
  DEFAULT_LIMITS,
  type EndpointOptions,
  LIMIT_NAMES,
  LIMITS,
  type Limits,
  OPTION_NAMES,
  PROXY_PROTOCOL,
  REDIRECT,
  toLimit,
} from "../limits.ts";
import { getOne, parseBoolean, type Report, toNumber, wrong } from "./values.ts";
import type { YamlValue } from "./yaml_value.ts";

/**
 * Parses the limits of a hypervisor.
 *
 * @param root The whole file.
 * @param report Is told of each bad value.
 * @returns The limits, each one that is missing or bad as it is by default.
 */
export function parseLimits(root: YamlValue, report: Report): Limits {
  const limits = LIMIT_NAMES.map((name) => {
    return [name, parseLimit(root, `tproxy_${LIMITS[name].word}`, name, report) ?? DEFAULT_LIMITS[name]];
  });
  return Object.fromEntries(limits) as Limits;
}

/**
 * Parses the options of an entry.
 *
 * @param entry The entry.
 * @param report Is told of each bad value.
 * @returns The options that are set and good.
 */
export function parseOptions(entry: YamlValue, report: Report): EndpointOptions {
  const options = OPTION_NAMES.map((name) => [name, parseLimit(entry, LIMITS[name].word, name, report)] as const);
  const numbers: EndpointOptions = Object.fromEntries(options.filter(([, value]) => value !== undefined));
  const proxyProtocol = parseProxyProtocol(entry, report);
  const redirect = parseBoolean(entry, REDIRECT, report);
  return {
    ...numbers,
    ...(proxyProtocol === undefined ? {} : { proxyProtocol }),
    ...(redirect === undefined ? {} : { redirect }),
  };
}

function parseLimit(parent: YamlValue, key: string, name: keyof Limits, report: Report): number | undefined {
  const value = getOne(parent, key, report);
  if (value === undefined || value.scalar === null) return undefined;
  const limit = toLimit(name, toNumber(value));
  if (limit === undefined) report(wrong(value, `:${key}:`, LIMITS[name].unit.expected));
  return limit;
}

function parseProxyProtocol(entry: YamlValue, report: Report): "v2" | undefined {
  const value = getOne(entry, PROXY_PROTOCOL, report);
  if (value === undefined || value.scalar === null) return undefined;
  if (value.scalar === "v2") return "v2";
  report(wrong(value, `:${PROXY_PROTOCOL}:`, "v2"));
  return undefined;
}
