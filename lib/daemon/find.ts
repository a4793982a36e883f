/**
 * Which daemons really run. There are no PID files. Whether a process is a daemon of ours is told by its user and group,
 * which root alone can give it; which one it is, by its title; and whose, by a mark in the environment that it was started
 * with: a daemon of another network namespace (another host, as far as networks go) has another mark. Title and mark alone
 * mean nothing, since anybody can have them.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { type BridgeName, parseBridgeName, type Title, TPROXY } from "../names.ts";
import { DRAINING, FLAGS_MARK, HOST_MARK, RETIRE_MARK } from "../protocol/lifecycle.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { numberOf } from "./owner.ts";

/** The daemons of former versions have no such mark: they wait for the signal by which Deno now opens a debugger. */
const FORMER_RETIRE = "USR1";

/** A daemon that runs. */
export interface RunningDaemon {
  /** Its process ID. */
  readonly pid: number;
  /** Its title, without the addition of one that drains. */
  readonly title: Title;
  /** The bridge of an inner proxy; `undefined` for outer. */
  readonly bridge: BridgeName | undefined;
  /** Whether it has stopped listening and only finishes its streams. */
  readonly draining: boolean;
  /** The user it runs as. */
  readonly uid: number;
  /** The group that it runs as. */
  readonly gid: number;
  /** The inode of the network namespace it is in. */
  readonly netns: number;
  /** The permission flags it was started with, joined by `;`. */
  readonly flags: string;
  /** The signal by which it stops listening and finishes its streams. */
  readonly retire: "USR1" | "USR2";
  /** For how many seconds it has run. */
  readonly seconds: number;
}

/** Who runs, and where we are ourselves. */
export interface Processes {
  /** The inode of the network namespace of this process: the host's. */
  readonly host: number;
  /** The daemons of this host, outer first, then by title, the oldest of one title first. */
  readonly daemons: readonly RunningDaemon[];
}

/**
 * Finds the daemons of this host.
 *
 * @returns Those that run now, draining ones included.
 * @throws {DaemonError} If this process is not root's, which alone sees every process's namespace.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function findDaemons(): Promise<Processes> {
  const rows = await listProcesses();
  const self = rows.find((row) => row.pid === Deno.pid);
  if (self === undefined) throw new DaemonError("Cannot find this process in what ps lists");
  if (self.uid !== 0) throw new DaemonError("Only root can see and control the proxies", "run it with sudo");
  const host = self.netns;
  const candidates = rows.flatMap(({ args, ...row }) => {
    const title = titleOf(args);
    return title !== undefined && isOurs(row, title.bridge) ? [{ ...row, ...title }] : [];
  });
  const marks = parseMarks(await listEnvironments(candidates.map((row) => row.pid)));
  const daemons = candidates.flatMap((candidate) => {
    const mark = marks.get(candidate.pid);
    return mark?.host === host ? [{ ...candidate, flags: mark.flags, retire: mark.retire }] : [];
  });
  return { host, daemons: daemons.toSorted((a, b) => compare(a.title, b.title) || a.pid - b.pid) };
}

/**
 * Lists all processes of this host, whoever's they are.
 *
 * @returns A row for each.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function listProcesses(): Promise<Row[]> {
  return parseRows(await runCommand("ps", ["-ww", "-eo", "pid=,uid=,gid=,netns=,etimes=,args="]));
}

/**
 * Tells whether a process can be the daemon that its title names.
 *
 * WHY the group decides: it has no name, so that root alone can have given it. That holds for a user that
 * `:tproxy_process_owner:` names, and for the daemons of former versions, which were all nobody's, just as well. Root's
 * daemons have no group of their own; whoever can be root need not pose as one of them.
 *
 * @param process Its user and its group.
 * @param bridge The bridge in its title; `undefined` for outer.
 * @returns Whether nobody but root can have started it.
 */
export function isOurs({ uid, gid }: Pick<RunningDaemon, "uid" | "gid">, bridge: BridgeName | undefined): boolean {
  return uid === 0 || gid === numberOf(bridge);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A line of ps. */
export interface Row {
  /** The process ID. */
  readonly pid: number;
  /** The user. */
  readonly uid: number;
  /** The group. */
  readonly gid: number;
  /** The inode of its network namespace, or `NaN`. */
  readonly netns: number;
  /** For how long it has run. */
  readonly seconds: number;
  /** Its command line, or its title. */
  readonly args: string;
}

/**
 * Reads the answer of `ps -eo pid=,uid=,gid=,netns=,etimes=,args=`.
 *
 * @param text What ps printed.
 * @returns A row for each process; one whose namespace ps may not see has `NaN` for it.
 */
export function parseRows(text: string): Row[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+|-)\s+(\d+)\s(.*)$/.exec(line);
    if (match === null) return [];
    const [, pid, uid, gid, netns, seconds, args = ""] = match;
    return [{
      pid: Number(pid),
      uid: Number(uid),
      gid: Number(gid),
      netns: Number(netns),
      seconds: Number(seconds),
      args: args.trimEnd(),
    }];
  });
}

/**
 * Tells which daemon a process title is of.
 *
 * @param args The process's command line.
 * @returns The title's parts, or `undefined` if it is not one of ours.
 */
export function titleOf(args: string): Pick<RunningDaemon, "title" | "bridge" | "draining"> | undefined {
  const draining = args.endsWith(DRAINING);
  const title = draining ? args.slice(0, -DRAINING.length) : args;
  if (title === TPROXY) return { title, bridge: undefined, draining };
  if (!title.startsWith(`${TPROXY}_`)) return undefined;
  try {
    return { title: title as Title, bridge: parseBridgeName(title.slice(TPROXY.length + 1)), draining };
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
interface Marks extends Pick<RunningDaemon, "flags" | "retire"> {
  readonly host: number;
}

function parseMarks(text: string): Map<number, Marks> {
  const marks = new Map<number, Marks>();
  for (const line of text.split("\n")) {
    const pid = /^\s*(\d+)\s/.exec(line)?.[1];
    const host = new RegExp(` ${HOST_MARK}=(\\d+)(?: |$)`).exec(line)?.[1];
    const flags = new RegExp(` ${FLAGS_MARK}=(\\S*)`).exec(line)?.[1];
    if (pid !== undefined && host !== undefined && flags !== undefined) {
      const retire = line.includes(` ${RETIRE_MARK}=USR2`) ? "USR2" : FORMER_RETIRE;
      marks.set(Number(pid), { host: Number(host), flags, retire });
    }
  }
  return marks;
}
