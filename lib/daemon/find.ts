/**
 * Which daemons run, found out without PID files.
 *
 * A process is a daemon of ours if its user and group say so, which root alone can give it. Its title says what it is. A mark
 * in its environment says which host it serves: a daemon in a network namespace of another host has another mark. Anybody can
 * have a title and a mark, so these two alone prove nothing.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { parseBridgeName, TPROXY } from "../names.ts";
import { DRAINING, FLAGS_MARK, HOST_MARK, RETIRE_MARK, VERSION_MARK } from "../protocol/lifecycle.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { numberOf } from "./owner.ts";

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
  /** The first 64 bytes of its command line, or of its title. */
  readonly args: string;
}

/** A daemon that runs. */
export interface RunningDaemon extends Omit<Process, "args"> {
  /** What it is. */
  readonly role: Role;
  /** Whether it drains: it has stopped listening, and ends when its streams have. */
  readonly draining: boolean;
  /** The permission flags it was started with, joined by `;`. */
  readonly flags: string;
  /** The signal by which it stops listening and finishes its streams. */
  readonly retire: "USR1" | "USR2";
  /** Its version; missing if it is of a former one, which has no mark for it. */
  readonly version?: string;
}

/** The processes of this machine. */
export interface Processes {
  /** The inode of the network namespace of this process: the host's. */
  readonly host: number;
  /** The daemons of this host, outer first, then by title, the oldest of one title first. */
  readonly daemons: readonly RunningDaemon[];
  /** All other processes. */
  readonly others: readonly Process[];
}

/**
 * Finds the daemons of this host.
 *
 * @returns The daemons that run now, draining ones included, and all other processes.
 * @throws {DaemonError} If this process is not root's, which alone sees every process's namespace.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function findDaemons(): Promise<Processes> {
  const processes = parseProcesses(await runCommand("ps", ["-ww", "-eo", COLUMNS]));
  const self = processes.find(({ pid }) => pid === Deno.pid);
  if (self === undefined) throw new DaemonError("Cannot find this process in what ps lists");
  if (self.uid !== 0) throw new DaemonError("Only root can see and control the proxies", "run it with sudo");
  const host = self.netns;
  const candidates = processes.flatMap(({ args, ...process }) => {
    const named = readTitle(args);
    return named !== undefined && isOurs(process, named.role) ? [{ ...process, ...named }] : [];
  });
  const marks = parseMarks(await listEnvironments(candidates.map(({ pid }) => pid)));
  const daemons = candidates.flatMap((candidate): RunningDaemon[] => {
    const mark = marks.get(candidate.pid);
    return mark?.host === host ? [{ ...candidate, ...mark.told }] : [];
  });
  const pids = new Set(daemons.map(({ pid }) => pid));
  return {
    host,
    daemons: daemons.toSorted((a, b) => compare(a.role.title, b.role.title) || a.pid - b.pid),
    others: processes.filter(({ pid }) => !pids.has(pid)),
  };
}

/**
 * Tells whether a process can be the daemon that its title names.
 *
 * The group decides, not the user: it belongs to nobody else, so only root can have given it, and a daemon has it also if it
 * runs as the user that `:tproxy_process_owner:` names, or as nobody, as in former versions. A daemon of root's has no group of
 * its own; who can be root need not pose as a daemon.
 *
 * @param process Its user and its group.
 * @param role The role that its title names.
 * @returns Whether nobody but root can have started it.
 */
export function isOurs({ uid, gid }: Pick<Process, "uid" | "gid">, role: Role): boolean {
  return uid === 0 || gid === numberOf(role);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The columns that ps prints. It cuts all but the last one to a width, and the groups of an outer can be many.
 */
const COLUMNS = "pid=,uid=,gid=,netns=,etimes=,args:64=,supgid=";

/**
 * Reads the answer of ps.
 *
 * @param text What ps printed: process ID, user, group, namespace, seconds, command line and supplementary groups.
 * @returns The processes.
 */
export function parseProcesses(text: string): Process[] {
  const rows = text.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+|-)\s+(\d+) (.*) (-|\d+(?:,\d+)*)$/gm);
  return Array.from(rows, ([, pid, uid, gid, netns, seconds, args = "", groups = "-"]) => ({
    pid: Number(pid),
    uid: Number(uid),
    gid: Number(gid),
    groups: groups === "-" ? [] : groups.split(",").map(Number),
    netns: Number(netns),
    seconds: Number(seconds),
    args: args.trimEnd(),
  }));
}

/**
 * Reads a process title.
 *
 * @param args The process's command line.
 * @returns The role of the daemon, and whether it drains; `undefined` if the title is not one of ours.
 */
export function readTitle(args: string): Pick<RunningDaemon, "role" | "draining"> | undefined {
  const draining = args.endsWith(DRAINING);
  const title = draining ? args.slice(0, -DRAINING.length) : args;
  if (title === OUTER.title) return { role: OUTER, draining };
  if (!title.startsWith(`${TPROXY}_`)) return undefined;
  try {
    return { role: innerOf(parseBridgeName(title.slice(TPROXY.length + 1))), draining };
  } catch {
    return undefined;
  }
}

async function listEnvironments(pids: readonly number[]): Promise<string> {
  if (pids.length === 0) return "";
  try {
    return await runCommand("ps", ["eww", "-o", "pid=,args=", "-p", pids.join(",")]);
  } catch (error) {
    // ps(1) exits with 1 and says nothing if none of them is there any more.
    if (error instanceof CommandError && error.exitCode === 1 && error.stderr === "") return "";
    throw error;
  }
}

/** What a daemon was started with. */
interface Marks {
  readonly host: number;
  readonly told: Pick<RunningDaemon, "flags" | "retire" | "version">;
}

function parseMarks(text: string): Map<number, Marks> {
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
