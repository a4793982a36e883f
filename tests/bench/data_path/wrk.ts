/**
 * Requests and connections a second, by wrk.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";

/** The result of wrk. */
export interface WrkResult {
  /** Requests a second. */
  readonly rate: number;
  /** The number of requests. */
  readonly count: number;
  /** The time that half of the requests took at most, in milliseconds. */
  readonly p50: number;
  /** The time that 99 of 100 requests took at most, in milliseconds. */
  readonly p99: number;
  /** The number of failed requests and broken connections. */
  readonly errors: number;
}

/** Requests a file for some seconds, on several connections at once. */
export async function ask(
  client: Host,
  url: string,
  seconds: number,
  connections: number,
  ...options: string[]
): Promise<WrkResult> {
  const argv = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", ...options, url];
  return parseWrk(await client.text(argv));
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Parses the output of wrk. */
export function parseWrk(text: string): WrkResult {
  const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1] ?? NaN);
  const count = Number(/^\s+(\d+) requests in /m.exec(text)?.[1] ?? NaN);
  const percentile = (percent: number) => {
    const [, value, unit = ""] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\b`, "m").exec(text) ?? [];
    return Number(value ?? NaN) * (UNITS[unit] ?? NaN);
  };
  const broken = /^\s+Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/m.exec(text) ?? [];
  const refused = /^\s+Non-2xx or 3xx responses: (\d+)/m.exec(text) ?? [];
  const errors = [...broken.slice(1), ...refused.slice(1)].reduce((sum, count) => sum + Number(count), 0);
  const result = { rate, count, p50: percentile(50), p99: percentile(99), errors };
  if (Object.values(result).some(Number.isNaN)) throw new Error(`wrk printed something else: ${text}`);
  return result;
}
