/**
 * The usage file: how much of each limit a daemon's streams take. Its successors and `tproxy status` read it. A
 * compromised daemon may write anything into it.
 *
 * @module
 */

import { isPort } from "../address.ts";
import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";
import { parseJson } from "../parse_json.ts";

/** What a daemon's streams take. */
export interface Usage {
  /** The daemon's process ID. */
  readonly pid: number;
  /** How many streams it has. */
  readonly live: number;
  /** How many of them count against each quota, by the quota's owner: a guest, a port or a bridge. */
  readonly taken: ReadonlyMap<string, number>;
  /** What an inner that drains has moved, since nobody reads its counts any more; missing from any other daemon. */
  readonly moved?: readonly Moved[];
}

/** What the streams of one service have moved. */
export interface Moved {
  /** The service port. */
  readonly port: number;
  /** Bytes from guests. */
  readonly up: number;
  /** Bytes to guests. */
  readonly down: number;
}

/** Of how many services is written what they have moved. */
const MOST_MOVED = 256;

/** How many entries are written. If there are more, only the largest are: those are near their limits. */
const MOST_ENTRIES = 1024;

/** How long the text may be, in bytes: twice the length of the largest number of entries. */
export const LONGEST_USAGE = 64 * 1024;

/** How long a key may be. A key is a guest's address and a port, or a bridge. */
const LONGEST_KEY = 32;

/**
 * Writes what a daemon's streams take.
 *
 * @param usage What they take.
 * @returns A line of JSON.
 */
export function renderUsage({ pid, live, taken, moved }: Usage): string {
  const all = [...taken];
  const told = all.length <= MOST_ENTRIES ? all : all.toSorted(([, a], [, b]) => b - a).slice(0, MOST_ENTRIES);
  return JSON.stringify({ pid, live, taken: told, moved: moved?.slice(0, MOST_MOVED) }) + "\n";
}

/**
 * Reads what a daemon's streams take.
 *
 * @param text What is in its file, at most {@linkcode LONGEST_USAGE} long.
 * @returns The usage; `undefined` if the text is not one that {@linkcode renderUsage} writes.
 */
export function parseUsage(text: string): Usage | undefined {
  const value = parseJson(text);
  const { pid, live, taken, moved } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (!isCount(pid) || !isCount(live) || !Array.isArray(taken) || taken.length > MOST_ENTRIES) return undefined;
  if (!taken.every(isEntry)) return undefined;
  const usage = { pid, live, taken: new Map(taken) };
  if (moved === undefined) return usage;
  if (!Array.isArray(moved) || moved.length > MOST_MOVED || !moved.every(isMoved)) return undefined;
  // Prometheus would refuse all metrics of a host if one of them was there twice.
  if (new Set(moved.map(({ port }) => port)).size < moved.length) return undefined;
  return { ...usage, moved: moved.map(({ port, up, down }) => ({ port, up, down })) };
}

function isMoved(value: unknown): value is Moved {
  return isObject<keyof Moved>(value) && isPort(value.port) && isCount(value.up) && isCount(value.down);
}

function isEntry(value: unknown): value is [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [key, count] = value;
  return typeof key === "string" && key.length <= LONGEST_KEY && isCount(count);
}
