/**
 * The addresses of an entry's service: one, or a list of those that are tried in order.
 *
 * @module
 */

import { type Addresses, isDiallable } from "../address.ts";
import { GUEST_ADDRESS } from "../names.ts";
import { getOne, type Report, wrong } from "./values.ts";
import type { YamlValue } from "./yaml_value.ts";

/**
 * How many addresses a service can have. More front-ends than that are no high availability that OpenNebula supports,
 * and within the connect timeout each of them needs time to answer.
 */
const MOST_ADDRESSES = 8;

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

/** Brackets, a zone and what is not quite an address included. */
const IPV6 = /^\[?[\da-f]*:[\da-f:]*:[\da-f.]*(?:%\w+)?\]?$/i;

const KEY = ":remote_addr:";

/**
 * Parses `:remote_addr:`.
 *
 * @param entry The entry.
 * @param report Is told of each address that is none, of each that is there twice, and of those that are too many.
 * @returns The good ones, addresses or names; `undefined` if there is none.
 */
export function parseRemoteAddr(entry: YamlValue, report: Report): Addresses | undefined {
  const value = getOne(entry, "remote_addr", report);
  if (value === undefined) {
    report(wrong(entry, KEY, expected(undefined), true));
    return undefined;
  }
  const good: string[] = [];
  const items = value.items ?? [value];
  if (items.length === 0) report(wrong(value, KEY, expected(undefined)));
  for (const item of items) {
    const text = parseAddress(item, report);
    if (text === undefined) continue;
    const ignored = good.includes(text)
      ? "it is in the list already"
      : good.length === MOST_ADDRESSES
      ? `a service has ${MOST_ADDRESSES} addresses at most`
      : undefined;
    if (ignored === undefined) good.push(text);
    else report({ at: item.at, key: KEY, value: item.source, advice: `ignored: ${ignored}` });
  }
  const [remoteAddr, ...backupAddrs] = good;
  if (remoteAddr === undefined) return undefined;
  return backupAddrs.length === 0 ? { remoteAddr } : { remoteAddr, backupAddrs };
}

function parseAddress(value: YamlValue, report: Report): string | undefined {
  const text = value.scalar;
  if (isDiallable(text)) return text;
  // A name whose last label is a number is a mistyped address, which resolvers would read in their own way.
  if (typeof text === "string" && HOST_NAME.test(text) && !/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(text)) return text;
  report(wrong(value, KEY, expected(text)));
  return undefined;
}

function expected(text: unknown): string {
  return typeof text === "string" && IPV6.test(text)
    ? "an IPv4 address or a host name: IPv6 is not supported"
    : `an IPv4 address of a host other than ${GUEST_ADDRESS}, or a host name`;
}
