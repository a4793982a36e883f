/**
 * Listing processes by ps(1).
 *
 * @module
 */

import { CommandError, runCommand } from "../run_command.ts";

/** A process. */
export interface Process {
  /** Its ID. */
  readonly pid: number;
  /** The user that it runs as. */
  readonly uid: number;
  /** The group that it runs as, which the files that it makes get. */
  readonly gid: number;
  /** Its supplementary groups. */
  readonly groups: readonly number[];
  /** The inode of its network namespace; `NaN` if ps may not see it. */
  readonly netns: number;
  /** The inode of its user namespace; `NaN` if ps may not see it. */
  readonly userns: number;
  /** Whether nothing of it runs any more; its parent does not know yet. */
  readonly isZombie: boolean;
  /** For how many seconds it has run. */
  readonly seconds: number;
  /** Its state, a letter of ps(1): S sleeps, R runs or is ready to, D waits for a disk, T is stopped. */
  readonly state: string;
  /** The seconds of processor time that it has used. */
  readonly cpuSeconds: number;
  /** The first 64 bytes of its command line, or of its title. */
  readonly args: string;
}

/**
 * The columns that ps prints. It cuts all but the last one to a width, and the groups of an outer can be many.
 */
const COLUMNS = "pid=,uid=,gid=,netns=,userns=,etimes=,stat=,cputimes=,args:64=,supgid=";

/**
 * Lists all processes.
 *
 * @returns The processes.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function listProcesses(): Promise<Process[]> {
  return parseProcesses(await runCommand("ps", ["-ww", "-eo", COLUMNS]));
}

/**
 * Reads the answer of ps.
 *
 * @param text What ps printed: process ID, user, group, namespaces, seconds, state, seconds of processor time, command
 * line and supplementary groups.
 * @returns The processes.
 */
export function parseProcesses(text: string): Process[] {
  const rows = text.matchAll(
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+|-)\s+(\d+|-)\s+(\d+)\s+([A-Za-z]\S*)\s+(\d+) (.*) (-|\d+(?:,\d+)*)$/gm,
  );
  return Array.from(rows, ([, pid, uid, gid, netns, userns, seconds, state = "", cpu, args = "", groups = "-"]) => ({
    pid: Number(pid),
    uid: Number(uid),
    gid: Number(gid),
    groups: groups === "-" ? [] : groups.split(",").map(Number),
    netns: Number(netns),
    userns: Number(userns),
    isZombie: isZombie(state),
    seconds: Number(seconds),
    state: state.charAt(0),
    cpuSeconds: Number(cpu),
    args: args.trimEnd(),
  }));
}

/** What ps tells of a process that is waited for. */
export type ProcessState = Pick<Process, "pid" | "uid" | "gid" | "isZombie" | "args">;

/**
 * Reads the states of processes.
 *
 * @param text What ps printed: process ID, user, group, state and command line.
 * @returns The processes.
 */
export function parseProcessStates(text: string): ProcessState[] {
  const rows = text.matchAll(/^ *(\d+) +(\d+) +(\d+) +(\S+) (.*)$/gm);
  return Array.from(rows, ([, pid, uid, gid, state = "", args = ""]) => ({
    pid: Number(pid),
    uid: Number(uid),
    gid: Number(gid),
    isZombie: isZombie(state),
    args: args.trim(),
  }));
}

/** Tells whether a process has ended. "l": it has more threads, which go on after its first one has ended. */
function isZombie(state: string): boolean {
  return /^[ZX][^l]*$/.test(state);
}

/**
 * Asks ps about some processes.
 *
 * @param pids The processes; those that have ended meanwhile are left out.
 * @param format What to print of each: ps's options.
 * @returns What ps printed.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function askOf(pids: readonly number[], ...format: readonly string[]): Promise<string> {
  if (pids.length === 0) return "";
  try {
    return await runCommand("ps", [...format, "-p", pids.join(",")]);
  } catch (error) {
    // ps(1) exits with 1 and says nothing if none of them is there any more.
    if (error instanceof CommandError && error.exitCode === 1 && error.stderr === "") return "";
    throw error;
  }
}
