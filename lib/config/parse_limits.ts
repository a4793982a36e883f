/**
 * The limits of a hypervisor, and the options of one entry. A bad value is reported and counts as not set.
 *
 * @module
 */

import {
  DEFAULT_LIMITS,
  type Limit,
  LIMIT_NAMES,
  LIMITS,
  type Limits,
  type LimitValue,
  OPTION_NAMES,
  OPTIONS,
} from "../limits.ts";
import { type WithOptions, withOptions } from "../limits_codec.ts";
import { getOne, type Report, toNumber, wrong } from "./values.ts";
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
    return [name, parseLimit(root, `tproxy_${LIMITS[name].word}`, LIMITS[name], report) ?? DEFAULT_LIMITS[name]];
  });
  return Object.fromEntries(limits) as Limits;
}

/**
 * Parses the options of an entry.
 *
 * @param entry The entry.
 * @param report Is told of each bad value.
 * @returns The options that are set and good, to be spread into the entry.
 */
export function parseOptions(entry: YamlValue, report: Report): WithOptions {
  const options = OPTION_NAMES.map((name) => [name, parseLimit(entry, OPTIONS[name].word, OPTIONS[name], report)]);
  return withOptions(Object.fromEntries(options.filter(([, value]) => value !== undefined)));
}

function parseLimit(parent: YamlValue, key: string, { unit }: Limit, report: Report): LimitValue | undefined {
  const value = getOne(parent, key, report);
  if (value === undefined || value.scalar === null) return undefined;
  const limit = unit.read(toNumber(value) ?? value.scalar);
  if (limit === undefined) report(wrong(value, `:${key}:`, unit.expected));
  return limit;
}
