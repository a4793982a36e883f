/**
 * Reading what a daemon says that it has counted. It is hostile until it has proved to be well formed: a daemon that was taken
 * over may have written anything to its file.
 *
 * @module
 */

import { printable } from "../config/config.ts";
import { parseBridgeName } from "../names.ts";
import type { Counts } from "../protocol/lifecycle.ts";
import type { Role } from "../role.ts";
import { readShared } from "../shared_file.ts";
import { LONGEST_USAGE, parseUsage } from "../protocol/usage.ts";

/** A file may be that long, in bytes: outer, which lists its bridges, has the longest, with room for 3,000 of them. */
const LONGEST = 64 * 1024;

/** More of an error is not shown. */
const LONGEST_MESSAGE = 1_000;

/**
 * Reads what a daemon has counted.
 *
 * @param role What the daemon is.
 * @returns The counts; `undefined` if there are none, or they are not well formed: the daemon may be writing them just now.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function readCounts(role: Role): Promise<Counts | undefined> {
  const text = await readShared(role.statsFile, LONGEST);
  return text === undefined ? undefined : parseCounts(text);
}

/**
 * Finds out how many streams a daemon has; each tells it in one of its title's files.
 *
 * @param role What the daemon is.
 * @param pid The daemon.
 * @returns How many; `undefined` if none of the files says so.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function readLive(role: Role, pid: number): Promise<number | undefined> {
  for (const path of role.usageFiles) {
    const usage = parseUsage(await readShared(path, LONGEST_USAGE) ?? "");
    if (usage?.pid === pid) return usage.live;
  }
  return undefined;
}

/**
 * Takes counts from a text. What it does not know is left out.
 *
 * @param text Anything.
 * @returns The counts, the texts in them safe to print; `undefined` if something in them is not what it has to be.
 */
export function parseCounts(text: string): Counts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { listening, lastError } = value;
  const [live, total, failed, refused, up, down] = ["live", "total", "failed", "refused", "up", "down"]
    .map((key) => value[key]);
  if (!Array.isArray(listening) || !listening.every(isListener)) return undefined;
  if (!isCount(live) || !isCount(total) || !isCount(failed) || !isCount(refused)) return undefined;
  if (!isCount(up) || !isCount(down)) return undefined;
  const counts = { listening, live, total, failed, refused, up, down };
  if (lastError === undefined) return counts;
  if (!isObject(lastError)) return undefined;
  const { time, message } = lastError;
  if (!isTime(time) || typeof message !== "string") return undefined;
  return { ...counts, lastError: { time, message: printable(message.slice(0, LONGEST_MESSAGE)) } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
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

function isTime(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(value);
}
