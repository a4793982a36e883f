/**
 * `tproxy logs`: the logs of all proxies in the order of time.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { InputError } from "../errors.ts";
import { lstatIfThere } from "../run_dir.ts";
import { listLogs, type LogFiles } from "./log_files.ts";
import { isMeant, type LogFilter, type LogLine } from "./log_line.ts";
import { type LogFile, LogTail } from "./log_tail.ts";
import { mergeLines } from "./merge_lines.ts";

/** How often to look for more, in milliseconds. */
const POLL_MS = 500;

/** Reads the logs of all proxies. */
export class Logs {
  readonly #filter: LogFilter;
  readonly #since: number;
  readonly #tails = new Map<string, LogTail>();
  readonly #strange = new Map<string, number>();

  /**
   * @param filter Which lines are meant.
   */
  constructor(filter: LogFilter) {
    this.#filter = filter;
    this.#since = filter.since ?? 0;
  }

  /**
   * Reads what is there, rotated logs included.
   *
   * @returns The lines that are meant.
   * @throws {Deno.errors.NotCapable} Without `--allow-read=/var/log`.
   */
  async *present(): AsyncGenerator<LogLine> {
    const logs = await listLogs(this.#filter.bridge);
    for await (const line of mergeLines(logs.map((files) => this.#all(files)))) {
      if (isMeant(line, this.#filter)) yield line;
    }
  }

  /**
   * Goes on with what is written after {@linkcode Logs.present} has ended. A log that is rotated meanwhile is read to
   * its end first, and a new bridge's log is found.
   *
   * @param end Until when, from `performance.now()`; for ever by default.
   * @returns The lines that are meant, those that were written within half a second in the order of time.
   * @throws {Deno.errors.NotCapable} Without `--allow-read=/var/log`.
   */
  async *following(end = Infinity): AsyncGenerator<LogLine> {
    for (let isLast = false; !isLast; await delay(POLL_MS)) {
      isLast = performance.now() >= end;
      const logs = await listLogs(this.#filter.bridge);
      const tails = logs.map(({ current }) => this.#tailOf(current));
      for await (const line of mergeLines(tails.map((tail) => this.#grown(tail)))) {
        if (isMeant(line, this.#filter)) yield line;
      }
    }
  }

  /** What was not shown, a line for each file that has lines which no proxy writes. */
  get notes(): string[] {
    const all = [...this.#strange, ...[...this.#tails].map(([path, { strange }]) => [path, strange] as const)];
    return all.filter(([, strange]) => strange > 0).map(([path, strange]) =>
      `${path}: ${strange} ${strange === 1 ? "line is" : "lines are"} none that a proxy writes, and not shown`
    );
  }

  #tailOf(file: LogFile): LogTail {
    const tail = this.#tails.get(file.path) ?? new LogTail(file, this.#since);
    this.#tails.set(file.path, tail);
    return tail;
  }

  async *#all({ current, rotated }: LogFiles): AsyncGenerator<LogLine> {
    for (const file of rotated) {
      const written = lstatIfThere(file.path)?.mtime?.getTime() ?? 0;
      if (written < this.#since) continue;
      using tail = new LogTail(file, this.#since);
      if (!tail.open()) continue;
      yield* file.path.endsWith(".gz") ? tail.unzipped() : tail.lines();
      this.#strange.set(file.path, tail.strange);
    }
    const tail = this.#tailOf(current);
    if (tail.open()) yield* tail.lines();
  }

  async *#grown(tail: LogTail): AsyncGenerator<LogLine> {
    yield* tail.lines();
    if (tail.open()) yield* tail.lines();
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a time from the command line.
 *
 * @param text For example `10m` for ten minutes ago, or a time in UTC as the logs have it: `2026-11-27T06:58`.
 * @param now The time now, in milliseconds since 1970.
 * @returns The time, in milliseconds since 1970.
 * @throws {InputError} If it is neither.
 */
export function parseSince(text: string, now: number): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, now - Number(count) * (UNITS[unit] ?? 0));
  const isTime = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?)?Z?$/.test(text);
  const time = isTime ? Date.parse(`${text.replace(" ", "T").replace(/Z$/, "")}${text.length > 11 ? "Z" : ""}`) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new InputError(`${JSON.stringify(text)} is no time`, 'write "10m", "2h", "3d" or "2026-11-27T06:58", in UTC');
}
