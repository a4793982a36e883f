/**
 * Saying how a daemon has ended that was to start. Pure.
 *
 * @module
 */

import { printable } from "../config/config.ts";
import { isObject } from "../is_object.ts";
import { parseJson } from "../parse_json.ts";

/** How a process has ended: one of the two is `null`. */
export interface End {
  /** Its exit code. */
  readonly code: number | null;
  /** The signal that has ended it. */
  readonly signal: string | null;
}

/** How many characters of a line are shown. */
const LONGEST_LINE = 300;

/**
 * Says how a daemon has ended.
 *
 * @param end How it has ended.
 * @param written What its log has got since it was started. A daemon that drains may have written a part of it.
 * @returns For example `it ended at once with exit code 1: setpriv: setresuid failed`.
 */
export function describeEndAtStart({ code, signal }: End, written: string): string {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const line = lastError(written.split("\n"));
  return `it ended at once ${how}${line === undefined ? "" : `: ${printable(line.trim().slice(0, LONGEST_LINE))}`}`;
}

/**
 * Finds the last line that tells an error. Before that line's own stack or source, a program writes `name: message`; a
 * line of JSON may be another daemon's, which has the same log.
 */
function lastError(lines: readonly string[]): string | undefined {
  const isError = (line: string) => /^[\w./-]+: /.test(line);
  const json = () => lines.map(messageIn).findLast((line) => line !== undefined);
  return lines.findLast(isError) ?? json() ?? lines.findLast((line) => line.trim() !== "");
}

/** Gets message and error of a line of JSON. */
function messageIn(line: string): string | undefined {
  const value = parseJson(line);
  if (!isObject(value) || typeof value["message"] !== "string") return undefined;
  return [value["message"], value["error"]].filter((part) => typeof part === "string").join(": ");
}
