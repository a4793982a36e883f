/**
 * One entry of `:tproxy:`: its ports, its address, its networks and its options. Whatever is wrong with it is reported
 * and takes it away; what is wrong with an option's value takes only that option away.
 *
 * @module
 */

import { isPort } from "../address.ts";
import type { ConfigEntry, Doubt, Problem } from "./config.ts";
import { checkEntryKeys, glued } from "./parse_keys.ts";
import { parseOptions } from "./parse_limits.ts";
import { parseNetworks } from "./parse_networks.ts";
import { parseRemoteAddr } from "./parse_remote.ts";
import { getOne, type Report, toNumber, wrong } from "./values.ts";
import type { YamlValue } from "./yaml_value.ts";

/**
 * What an entry comes to. Both are there if a part of it can't be understood, and the rest opens something all the
 * same.
 */
export interface ParsedEntry {
  /** What it opens. */
  readonly entry?: ConfigEntry;
  /** What it may have been meant for; missing if nothing but an option's value is wrong with it. */
  readonly doubt?: Doubt;
}

/**
 * Parses one entry.
 *
 * @param value The entry.
 * @param report Is told what is wrong with it.
 * @param remark Is told what is not wrong, and may not be as it was meant.
 * @returns The entry, the doubt or both.
 */
export function parseEntry(value: YamlValue, report: Report, remark: Report): ParsedEntry {
  const { at } = value;
  if (!value.isMapping) {
    const expected = "an entry with :service_port:, :remote_addr: and :remote_port:";
    report(glued(value) ?? wrong(value, ":tproxy:", expected));
    return { doubt: { at } };
  }
  const problems: Problem[] = [];
  /** Parses a part, and tells whether there was nothing to report. */
  const parse = <T>(parser: (report: Report) => T): [T, boolean] => {
    const before = problems.length;
    const result = parser((problem) => void problems.push(problem));
    return [result, problems.length === before];
  };
  // All of them are looked at before any is given up, so that one run reports everything.
  const [, areKeysClear] = parse((report) => checkEntryKeys(value, report, remark));
  const [servicePort, isPortClear] = parse((report) => parsePort(value, "service_port", report));
  const [addresses] = parse((report) => parseRemoteAddr(value, report));
  const [remotePort] = parse((report) => parsePort(value, "remote_port", report));
  const [networks, areNetworksClear] = parse((report) => parseNetworks(value, report, remark));
  problems.forEach(report);
  const options = parseOptions(value, report);
  const doubt = {
    at,
    ...(isPortClear && servicePort !== undefined ? { servicePort } : {}),
    ...(areKeysClear && areNetworksClear && networks !== undefined ? { networks } : {}),
  };
  const isWhole = areKeysClear && servicePort !== undefined && addresses !== undefined && remotePort !== undefined &&
    networks !== undefined;
  return {
    ...(isWhole ? { entry: { at, servicePort, ...addresses, remotePort, networks, ...options } } : {}),
    ...(problems.length > 0 ? { doubt } : {}),
  };
}

function parsePort(entry: YamlValue, key: string, report: Report): number | undefined {
  const port = getOne(entry, key, report);
  const number = port && toNumber(port);
  if (isPort(number)) return number;
  report(wrong(port ?? entry, `:${key}:`, "a port from 1 to 65535", port === undefined));
  return undefined;
}
