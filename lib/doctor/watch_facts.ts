/**
 * Whether `tproxy watch` runs, and when the last pass was.
 *
 * @module
 */

import { readLastPass } from "../daemon/last_pass.ts";
import { runCommand } from "../run_command.ts";

/** The runtime with the program and its verb; or the compiled program. */
const WATCH = /^(?:\/\S*\/deno run .*\/(?:tproxy|watch)\.[jt]s|\/\S*\/tproxy-watch) watch(?: |$)/;

/** The supervision. */
export interface Watch {
  /** The processes of `tproxy watch`. */
  readonly watchers: readonly Watcher[];
  /** When a pass was last completed, in milliseconds since 1970; `undefined` if none ever was. */
  readonly passedAt: number | undefined;
}

/** A process of `tproxy watch`. */
export interface Watcher {
  /** Its process ID. */
  readonly pid: number;
  /** The inode of its network namespace. */
  readonly netns: number;
  /** Its process state, a letter of ps(1). */
  readonly state: string;
  /** For how many seconds it has run. */
  readonly seconds: number;
  /** The configuration that its launcher lets it read; `undefined` if it has none. */
  readonly config: string | undefined;
}

/**
 * Looks for the supervision.
 *
 * @returns The processes, and the clock of the last pass.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps` and `--allow-read=/run/one_tproxy`.
 */
export async function lookForWatch(): Promise<Watch> {
  const passedAt = readLastPass()?.at;
  const text = await runCommand("ps", ["-ww", "-U", "root", "-o", "pid=,netns=,state=,etimes=,args="]);
  return { watchers: parseWatchers(text), passedAt };
}

/**
 * Finds the processes of `tproxy watch`. It is a program of ours that runs as root, with the argument `watch`.
 *
 * @param text What ps printed: process ID, namespace, state, seconds and the whole command line.
 * @returns The processes.
 */
export function parseWatchers(text: string): Watcher[] {
  const rows = text.matchAll(/^\s*(\d+)\s+(\d+|-)\s+(\S)\S*\s+(\d+) (.*)$/gm);
  return Array.from(rows).filter(([, , , , , line = ""]) => WATCH.test(line)).map(
    ([, pid, netns, state = "", seconds, line = ""]) => {
      // The table has the configuration first.
      const [, config] = / --allow-read=([^, ]+)/.exec(line) ?? [];
      return { pid: Number(pid), netns: Number(netns), state, seconds: Number(seconds), config };
    },
  );
}
