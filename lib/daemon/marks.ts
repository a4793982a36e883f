/**
 * The marks in the environment of daemons, which say what each was started with. Pure.
 *
 * @module
 */

import { FLAGS_MARK, HOST_MARK, RETIRE_MARK, VERSION_MARK } from "../protocol/lifecycle.ts";

/** Daemons of former versions, which have no mark for it, wait for the signal by which Deno now opens a debugger. */
const FORMER_RETIRE = "USR1";

/** What a daemon was started with, by the marks in its environment. */
export interface Told {
  /** The permission flags, joined by `;`. */
  readonly flags: string;
  /** The signal by which it stops listening and finishes its streams. */
  readonly retire: "USR1" | "USR2";
  /** Its version; missing if it is of a former one, which has no mark for it. */
  readonly version?: string;
}

/** The marks in a daemon's environment. */
export interface Marks {
  /** The inode of the host's network namespace. */
  readonly host: number;
  /** What it was started with. */
  readonly told: Told;
}

/**
 * Reads the marks of daemons.
 *
 * @param text What ps printed: process ID, command line and environment.
 * @returns The marks of each process that has all of them; a former version has none for its version.
 */
export function parseMarks(text: string): Map<number, Marks> {
  const marks = new Map<number, Marks>();
  for (const line of text.split("\n")) {
    const pid = /^\s*(\d+)\s/.exec(line)?.[1];
    const host = new RegExp(` ${HOST_MARK}=(\\d+)(?: |$)`).exec(line)?.[1];
    const flags = new RegExp(` ${FLAGS_MARK}=(\\S*)`).exec(line)?.[1];
    if (pid !== undefined && host !== undefined && flags !== undefined) {
      const retire = line.includes(` ${RETIRE_MARK}=USR2`) ? "USR2" : FORMER_RETIRE;
      const version = new RegExp(` ${VERSION_MARK}=([\\w.+-]{1,40})(?: |$)`).exec(line)?.[1];
      const told = { flags, retire, ...(version === undefined ? {} : { version }) } as const;
      marks.set(Number(pid), { host: Number(host), told });
    }
  }
  return marks;
}
