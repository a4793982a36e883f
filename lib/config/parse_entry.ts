/**
 * One entry of `:tproxy:`: its ports, its address, its networks and its options. Whatever is wrong with it is reported and
 * takes it away; what is wrong with an option takes only that option away.
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import { withOptions } from "../limits_json.ts";
import { GUEST_ADDRESS } from "../names.ts";
import type { ConfigEntry, NetworkReference } from "./config.ts";
import { parseOptions } from "./parse_limits.ts";
import { getOne, type Report, toNumber, wrong } from "./values.ts";
import type { YamlValue } from "./yaml.ts";

/**
 * Parses one entry.
 *
 * @param value The entry.
 * @param report Is told what is wrong with it.
 * @returns The entry, or `undefined` if anything but an option is.
 */
export function parseEntry(value: YamlValue, report: Report): ConfigEntry | undefined {
  if (!value.isMapping) {
    report(wrong(value, ":tproxy:", "an entry with :service_port:, :remote_addr: and :remote_port:"));
    return undefined;
  }
  // All of them are looked at before any is given up, so that one run reports everything.
  const servicePort = parsePort(value, "service_port", report);
  const remoteAddr = parseRemoteAddr(value, report);
  const remotePort = parsePort(value, "remote_port", report);
  const networks = parseNetworks(value, report);
  const options = parseOptions(value, report);
  if (servicePort === undefined || remoteAddr === undefined || remotePort === undefined || networks === undefined) {
    return undefined;
  }
  return { at: value.at, servicePort, remoteAddr, remotePort, networks, ...withOptions(options) };
}

function parsePort(entry: YamlValue, key: string, report: Report): number | undefined {
  const port = getOne(entry, key, report);
  const number = port && toNumber(port);
  if (isPort(number)) return number;
  report(wrong(port ?? entry, `:${key}:`, "a port from 1 to 65535", port === undefined));
  return undefined;
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

function parseRemoteAddr(entry: YamlValue, report: Report): string | undefined {
  const value = getOne(entry, "remote_addr", report);
  const text = value?.scalar;
  if (isDiallable(text)) return text;
  // A name whose last label is a number is a mistyped address, which resolvers would read in their own way.
  if (typeof text === "string" && HOST_NAME.test(text) && !/(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i.test(text)) return text;
  const expected = `an IPv4 address of a host other than ${GUEST_ADDRESS}, or a host name`;
  report(wrong(value ?? entry, ":remote_addr:", expected, value === undefined));
  return undefined;
}

/**
 * Tells whether a text is an address at which a service can be.
 *
 * @param text Anything.
 * @returns `false` for what is no IPv4 address, for 0.0.0.0/8 (RFC 1122), for multicast and above (RFC 1112), and for
 * the guest-facing address itself.
 */
export function isDiallable(text: unknown): text is string {
  if (!isIpv4(text) || text === GUEST_ADDRESS) return false;
  const first = Number(text.split(".", 1)[0]);
  return first !== 0 && first < 224;
}

/** What people write for `networks`. */
const MISSPELT = /^v?net(?:work)?s?(?:_?(?:ids?|names?))?$/i;

function parseNetworks(entry: YamlValue, report: Report): NetworkReference[] | undefined {
  // An entry that was meant for some networks must not become one for all.
  const misspelt = entry.keys.filter((key) => MISSPELT.test(key) && key !== "networks");
  for (const key of misspelt) report(wrong(entry.get(key) ?? entry, `:${key}:`, "the key to be :networks:"));
  const value = getOne(entry, "networks", report);
  if (misspelt.length > 0) return undefined;
  if (value === undefined || value.scalar === null) return [];
  const references = (value.items ?? [value]).map((item) => {
    const reference = toNetwork(item.scalar);
    if (reference === undefined) report(wrong(item, ":networks:", "names or IDs of virtual networks"));
    return reference;
  });
  const good = references.filter((reference) => reference !== undefined);
  // An empty list means every network, so a list of which nothing is left must not become one.
  return good.length === 0 && references.length > 0 ? undefined : good;
}

function toNetwork(value: unknown): NetworkReference | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return { id: String(value) };
  if (typeof value !== "string" || value === "") return undefined;
  return /^\d+$/.test(value) ? { id: String(BigInt(value)) } : { name: value };
}
