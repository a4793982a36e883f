/**
 * The groups that processes really are in.
 *
 * @module
 */

import { CommandError, runCommand } from "../run_command.ts";

/** A process's groups, by number. */
export interface ProcessGroups {
  /** The one that its files get. */
  readonly gid: number;
  /** The supplementary ones, as the kernel has them. */
  readonly others: readonly number[];
}

/**
 * Finds out which groups processes are in.
 *
 * @param pids The processes.
 * @returns The groups of each that has not ended.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function readGroups(pids: readonly number[]): Promise<Map<number, ProcessGroups>> {
  if (pids.length === 0) return new Map();
  try {
    return parseGroups(await runCommand("ps", ["-ww", "-o", "pid=,egid=,supgid=", "-p", pids.join(",")]));
  } catch (error) {
    // ps(1) exits with 1 and says nothing if none of them is there any more.
    if (error instanceof CommandError && error.exitCode === 1 && error.stderr === "") return new Map();
    throw error;
  }
}

/**
 * Reads the answer of `ps -o pid=,egid=,supgid=`.
 *
 * @param text What ps printed.
 * @returns The groups by process ID.
 */
export function parseGroups(text: string): Map<number, ProcessGroups> {
  const rows = text.matchAll(/^\s*(\d+)\s+(\d+)\s+(-|\d+(?:,\d+)*)\s*$/gm);
  return new Map([...rows].map(([, pid, gid, others = "-"]) => {
    return [Number(pid), { gid: Number(gid), others: others === "-" ? [] : others.split(",").map(Number) }];
  }));
}
