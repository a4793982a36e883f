/**
 * Listing processes by ps(1).
 *
 * @module
 */

import { FLAGS_MARK, HOST_MARK, RETIRE_MARK, VERSION_MARK } from "../protocol/lifecycle.ts";
import { CommandError, runCommand } from "../run_command.ts";

/** Daemons of former versions, which have no mark for it, wait for the signal by which Deno now opens a debugger. */
const FORMER_RETIRE = "USR1";

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
const COLUMNS = "pid=,uid=,gid=,netns=,etimes=,state=,cputimes=,args:64=,supgid=";

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
 * @param text What ps printed: process ID, user, group, namespace, seconds, state, seconds of processor time, command line and
 * supplementary groups.
 * @returns The processes.
 */
export function parseProcesses(text: string): Process[] {
  const rows = text.matchAll(
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+|-)\s+(\d+)\s+([A-Za-z])\s+(\d+) (.*) (-|\d+(?:,\d+)*)$/gm,
  );
  return Array.from(rows, ([, pid, uid, gid, netns, seconds, state = "", cpu, args = "", groups = "-"]) => ({
    pid: Number(pid),
    uid: Number(uid),
    gid: Number(gid),
    groups: groups === "-" ? [] : groups.split(",").map(Number),
    netns: Number(netns),
    seconds: Number(seconds),
    state,
    cpuSeconds: Number(cpu),
    args: args.trimEnd(),
  }));
}

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

/** What ps tells of a process that is waited for. */
export interface ProcessState extends Pick<Process, "pid" | "uid" | "gid" | "args"> {
  /** Whether nothing of it runs any more; its parent does not know yet. */
  readonly isZombie: boolean;
}

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
    // "l": it has more threads, which go on after its first one has ended.
    isZombie: /^[ZX][^l]*$/.test(state),
    args: args.trim(),
  }));
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
