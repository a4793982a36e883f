/**
 * The text of `OpenNebulaNetwork.conf` becomes a typed configuration. Whatever is wrong with an entry is reported and
 * takes only that entry away; every other key of the file is somebody else's.
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import { DEFAULT_DEBUG_LEVEL, isDebugLevel } from "../log.ts";
import { GUEST_ADDRESS } from "../names.ts";
import type { Config, ConfigEntry, NetworkReference, Problem } from "./config.ts";
import { parseYaml, type YamlValue } from "./yaml.ts";

/** Collects what is wrong, so that parsing can go on. */
type Report = (problem: Problem) => void;

/**
 * Parses the configuration.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns What is good in it, and a list of what is not.
 * @throws {import("../errors.ts").ConfigError} If it is not YAML.
 */
export function parseConfig(text: string, path: string): Config {
  const root = parseYaml(text, path);
  const problems: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const processOwner = parseOwner(root.get("tproxy_process_owner"), report);
  return {
    path,
    debugLevel: parseLevel(root.get("tproxy_debug_level"), report),
    ...(processOwner === undefined ? {} : { processOwner }),
    entries: parseEntries(root.get("tproxy"), report),
    problems,
  };
}

function parseLevel(value: YamlValue | undefined, report: Report): Config["debugLevel"] {
  if (value === undefined || value.scalar === null) return DEFAULT_DEBUG_LEVEL;
  const level = toNumber(value);
  if (isDebugLevel(level)) return level;
  report(wrong(value, ":tproxy_debug_level:", "0, 1, 2 or 3"));
  return DEFAULT_DEBUG_LEVEL;
}

function parseOwner(value: YamlValue | undefined, report: Report): string | undefined {
  if (value === undefined || value.scalar === null) return undefined;
  // useradd(8): what Debian and the Enterprise Linux family accept as a user name.
  if (typeof value.scalar === "string" && /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(value.scalar)) return value.scalar;
  report(wrong(value, ":tproxy_process_owner:", "the name of a user of this host"));
  return undefined;
}

function parseEntries(value: YamlValue | undefined, report: Report): ConfigEntry[] | undefined {
  if (value === undefined) return undefined;
  if (value.scalar === null) return [];
  const items = value.items;
  if (items === undefined) {
    report(wrong(value, ":tproxy:", "a list of entries"));
    return [];
  }
  return items.map((item) => parseEntry(item, report)).filter((entry) => entry !== undefined);
}

function parseEntry(value: YamlValue, report: Report): ConfigEntry | undefined {
  if (!value.isMapping) {
    report(wrong(value, ":tproxy:", "an entry with :service_port:, :remote_addr: and :remote_port:"));
    return undefined;
  }
  // All of them are looked at before any is given up, so that one run reports everything.
  const servicePort = parsePort(value, "service_port", report);
  const remoteAddr = parseRemoteAddr(value, report);
  const remotePort = parsePort(value, "remote_port", report);
  const networks = parseNetworks(value.get("networks"), report);
  if (servicePort === undefined || remoteAddr === undefined || remotePort === undefined || networks === undefined) {
    return undefined;
  }
  return { at: value.at, servicePort, remoteAddr, remotePort, networks };
}

function parsePort(entry: YamlValue, key: string, report: Report): number | undefined {
  const port = entry.get(key);
  const number = port && toNumber(port);
  if (isPort(number)) return number;
  report(wrong(port ?? entry, `:${key}:`, "a port from 1 to 65535", port === undefined));
  return undefined;
}

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;

function parseRemoteAddr(entry: YamlValue, report: Report): string | undefined {
  const value = entry.get("remote_addr");
  const text = value?.scalar;
  if (isDiallable(text)) return text;
  // A name whose last label is a number is a mistyped address, which resolvers would read in their own way.
  if (typeof text === "string" && HOST_NAME.test(text) && !/(?:^|\.)\d+\.?$/.test(text)) return text;
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

function parseNetworks(value: YamlValue | undefined, report: Report): NetworkReference[] | undefined {
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

function toNumber(value: YamlValue): number | undefined {
  const scalar = value.scalar;
  if (typeof scalar === "number") return scalar;
  return typeof scalar === "string" && /^\d{1,9}$/.test(scalar) ? Number(scalar) : undefined;
}

function wrong(value: YamlValue, key: string, expected: string, missing = false): Problem {
  return { at: value.at, key, value: missing ? undefined : value.source, expected };
}
