/**
 * Reading what daemons have counted. A daemon that was taken over may have written anything, so its file is hostile
 * input.
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import { isObject } from "../is_object.ts";
import { printable } from "../config/config.ts";
import { isCount } from "../is_count.ts";
import { parseBridgeName } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import { type Counts, MOST_UNANSWERED, parseServices } from "../protocol/counts.ts";
import type { Role } from "../role.ts";
import { readShared } from "../read_shared.ts";
import { LONGEST_USAGE, parseUsage, type Usage } from "../protocol/usage.ts";

/** The longest file that is read, in bytes: outer's, with its bridges and the most services that it writes. */
const LONGEST = 4 * 1024 * 1024;

/** How many listeners are read at most: there are no more ports. */
const MOST_LISTENERS = 65_535;

/** How many characters of an error are shown. */
const LONGEST_MESSAGE = 1_000;

/**
 * Reads what a daemon has counted.
 *
 * @param role What the daemon is.
 * @returns The counts; `undefined` if there are none, or they are not well formed, as while the daemon writes them.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readCounts(role: Role): Counts | undefined {
  const text = readShared(role.statsFile, LONGEST);
  return text === undefined ? undefined : parseCounts(text);
}

/**
 * Reads what the streams of a daemon take. It publishes that in one of the files of its role, also while it drains.
 *
 * @param role What the daemon is.
 * @param pid The daemon.
 * @returns What they take; `undefined` if no file has it.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readUsage(role: Role, pid: number): Usage | undefined {
  for (const path of role.usageFiles) {
    const usage = parseUsage(readShared(path, LONGEST_USAGE) ?? "");
    if (usage?.pid === pid) return usage;
  }
  return undefined;
}

/**
 * Parses counts. Members that it does not know are left out.
 *
 * @param text Anything.
 * @returns The counts, with texts that are safe to print; `undefined` if a member is not what it has to be.
 */
export function parseCounts(text: string): Counts | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { listening, lastError, services, unanswered } = value;
  const [live, total, failed, refused, up, down] = ["live", "total", "failed", "refused", "up", "down"]
    .map((key) => value[key]);
  if (!Array.isArray(listening) || listening.length > MOST_LISTENERS || !listening.every(isListener)) return undefined;
  if (!isCount(live) || !isCount(total) || !isCount(failed) || !isCount(refused)) return undefined;
  if (!isCount(up) || !isCount(down)) return undefined;
  if (unanswered !== undefined && !isListOfRemotes(unanswered)) return undefined;
  const remotes = unanswered === undefined ? {} : { unanswered };
  const byService = services === undefined ? undefined : parseServices(services);
  if (services !== undefined && byService === undefined) return undefined;
  const counts = {
    ...{ listening, live, total, failed, refused, up, down },
    ...remotes,
    ...(byService === undefined ? {} : { services: byService }),
  };
  if (lastError === undefined) return counts;
  if (!isObject(lastError)) return undefined;
  const { time, message } = lastError;
  if (!isTime(time) || typeof message !== "string") return undefined;
  return { ...counts, lastError: { time, message: printable(message.slice(0, LONGEST_MESSAGE)) } };
}

/** A port of an inner proxy, or a bridge of outer's. */
function isListener(value: unknown): value is number | string {
  if (typeof value !== "string") return isCount(value) && value > 0 && value <= 65_535;
  try {
    return parseBridgeName(value) === value;
  } catch {
    return false;
  }
}

function isListOfRemotes(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MOST_UNANSWERED && value.every(isRemote);
}

function isRemote(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const [address, port = "", more] = value.split(":", 3);
  return isIpv4(address) && /^[1-9]\d{0,4}$/.test(port) && isPort(Number(port)) && more === undefined;
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value);
}
