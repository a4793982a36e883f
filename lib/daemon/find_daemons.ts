/**
 * Which daemons run, found out without PID files.
 *
 * A process is a daemon of ours if its user and group say so, which root alone can give it. Its title says what it is.
 * A mark in its environment says which host it serves: a daemon in a network namespace of another host has another
 * mark. Anybody can have a title and a mark, so these two alone prove nothing.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { type BridgeName, parseBridgeName, TPROXY } from "../names.ts";
import { DRAINING } from "../protocol/lifecycle.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { numberOf } from "./owner.ts";
import { type Marks, parseMarks, type Told } from "./marks.ts";
import { askOf, listProcesses, type Process } from "./ps.ts";

/** A daemon that runs. */
export interface RunningDaemon extends Omit<Process, "args" | "userns" | "isZombie">, Told {
  /** What it is. */
  readonly role: Role;
  /** Whether it drains: it has stopped listening, and ends when its streams have. */
  readonly draining: boolean;
}

/** The processes of this machine. */
export interface Processes {
  /** The inode of the network namespace of this process: the host's. */
  readonly host: number;
  /** The inode of the user namespace of this process. */
  readonly userns: number;
  /** The daemons of this host, outer first, then by title, the oldest of one title first. */
  readonly daemons: readonly RunningDaemon[];
  /** All other processes. */
  readonly others: readonly Process[];
}

/**
 * Finds the daemons of this host.
 *
 * @param known The daemons that were found before; none by default. What they were started with is asked of them once: that
 * takes another ps.
 * @returns The daemons that run now, draining ones included, and all other processes.
 * @throws {DaemonError} If this process is not root's, which alone sees every process's namespace.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function findDaemons(known: readonly RunningDaemon[] = []): Promise<Processes> {
  const processes = await listProcesses();
  const self = processes.find(({ pid }) => pid === Deno.pid);
  if (self === undefined) throw new DaemonError("Cannot find this process in what ps lists");
  if (self.uid !== 0) throw new DaemonError("Only root can see and control the proxies", "run it with sudo");
  const host = self.netns;
  const candidates = processes.flatMap(({ args, ...process }) => {
    const named = readTitle(args);
    return named !== undefined && isOurs(process, named.role) ? [{ ...process, ...named }] : [];
  });
  const before = new Map(known.map((daemon) => [daemon.pid, daemon]));
  const unknown = candidates.filter((candidate) => !isSame(before.get(candidate.pid), candidate));
  const marks = await readMarks(unknown.map(({ pid }) => pid));
  const daemons = candidates.flatMap((candidate): RunningDaemon[] => {
    const [daemon, mark] = [before.get(candidate.pid), marks.get(candidate.pid)];
    if (isSame(daemon, candidate)) return [{ ...daemon, ...candidate }];
    return mark?.host === host ? [{ ...candidate, ...mark.told }] : [];
  });
  const pids = new Set(daemons.map(({ pid }) => pid));
  return {
    host,
    userns: self.userns,
    daemons: daemons.toSorted((a, b) => compare(a.role.title, b.role.title) || a.pid - b.pid),
    others: processes.filter(({ pid }) => !pids.has(pid)),
  };
}

/**
 * Reads the marks of processes. A process can change its own.
 *
 * @param pids The processes.
 * @returns The marks of those that have them.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function readMarks(pids: readonly number[]): Promise<Map<number, Marks>> {
  return parseMarks(await askOf(pids, "eww", "-o", "pid=,args="));
}

/**
 * Tells whether a process can be the daemon that its title names.
 *
 * The group decides, not the user: it belongs to nobody else, so only root can have given it, and a daemon has it also
 * if it runs as the user that `:tproxy_process_owner:` names, or as nobody, as in former versions. A daemon of root's
 * has no group of its own; who can be root need not pose as a daemon.
 *
 * @param process Its user and its group.
 * @param role The role that its title names.
 * @returns Whether nobody but root can have started it.
 */
export function isOurs({ uid, gid }: Pick<Process, "uid" | "gid">, role: Role): boolean {
  return uid === 0 || gid === numberOf(role);
}

/**
 * Tells which bridges have an inner.
 *
 * @param daemons The daemons that run.
 * @returns The bridges of those that do not drain.
 */
export function servedBy(daemons: readonly RunningDaemon[]): Set<BridgeName> {
  return new Set(daemons.filter(({ draining }) => !draining).flatMap(({ role }) => role.bridge ?? []));
}

/** Whatever identifies a daemon, and its age. */
type Identity = Pick<RunningDaemon, "uid" | "gid" | "netns" | "seconds" | "role">;

/**
 * Tells whether a process is the daemon that had its ID before.
 *
 * @param before The daemon, if there was one.
 * @param now The process that has its ID now.
 * @returns Whether they are the same: user, group and namespace of a daemon don't change, and it does not get younger.
 */
export function isSame<T extends Identity>(before: T | undefined, now: Identity): before is T {
  return before !== undefined && before.uid === now.uid && before.gid === now.gid && before.netns === now.netns &&
    before.role.title === now.role.title && before.seconds <= now.seconds;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
