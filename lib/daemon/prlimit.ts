/**
 * Reading and raising what a daemon may take, by prlimit.
 *
 * WHY it is done from outside, to a daemon that runs: what a daemon is started with is whatever sudo, a shell or systemd
 * happened to have, often 1024 descriptors; the daemon itself may raise that no further than the hard limit, and the limits of
 * a configuration may grow by a reload. Root may raise both at any time.
 *
 * @module
 */

import { log } from "../log.ts";
import type { Title } from "../role.ts";
import { PROGRAMS } from "../programs.ts";
import { CommandError, runCommand } from "../run_command.ts";
import type { User } from "./owner.ts";
import type { Footprint, HardLimits, Resources } from "./resources.ts";

/** The resources of which a daemon may come to need more. */
const RAISED = ["as", "data", "nofile"] as const;

const SHOW = ["--raw", "--noheadings", "--output=RESOURCE,SOFT,HARD"];

/** How much of something a process may have. */
interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** What whoever starts daemons has itself. */
export interface Own {
  /** What the runtime takes on this machine. */
  readonly footprint: Footprint;
  /** What it may pass on. */
  readonly hard: HardLimits;
}

/**
 * Finds out what this process takes and may take. It is run by the same runtime as the daemons.
 *
 * @returns Both.
 * @throws {CommandError} If ps or prlimit fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and prlimit.
 */
export async function readOwn(): Promise<Own> {
  const [sizes, limits] = await Promise.all([
    runCommand("ps", ["-o", "size=,vsz=", "-p", String(Deno.pid)]),
    prlimit(Deno.pid, ...SHOW),
  ]);
  const [data = NaN, as = NaN] = sizes.trim().split(/\s+/).map((kib) => Number(kib) * 1024);
  const hard = new Map([...parseLimits(limits)].map(([name, { hard }]) => [name, hard]));
  return { footprint: { data, as }, hard };
}

/**
 * Bounds the address space of a daemon that has just been started.
 *
 * WHY as the daemon's own user: any user may lower a limit of what is its own; root may do it only with CAP_SYS_RESOURCE, which
 * it lacks in some containers.
 *
 * @param pid The daemon.
 * @param user The user and the group that it runs as.
 * @param needed What it needs.
 * @throws {CommandError} If prlimit fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for prlimit and setpriv.
 */
export async function boundSpace(
  pid: number,
  { uid, gid }: Pick<User, "uid" | "gid">,
  { as }: Resources,
): Promise<void> {
  const options = ["--pid", String(pid), `--as=${as}:${as}`];
  // What belongs to root needs no other user, and a container may not let root have one.
  if (uid === 0) await runCommand("prlimit", options);
  else {await runCommand("setpriv", [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      "--clear-groups",
      PROGRAMS.prlimit.path,
      ...options,
    ]);}
}

/**
 * Makes sure that a daemon may have what it needs; it is never given less than it has.
 *
 * @param pid The daemon; one that has ended meanwhile is fine.
 * @param needed What it needs.
 * @returns How many descriptors it may have.
 * @throws {CommandError} If prlimit can't tell what it has.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/prlimit`.
 */
export async function ensureResources(pid: number, needed: Resources): Promise<number> {
  const has = await limitsOf(pid);
  if (has === undefined) return needed.nofile;
  for (const name of RAISED) {
    const { soft, hard } = has.get(name) ?? { soft: 0, hard: 0 };
    if (soft >= needed[name]) continue;
    try {
      // What is a bound for the daemon must be none that the daemon may raise itself.
      const highest = name === "nofile" ? Math.max(needed[name], hard) : needed[name];
      await prlimit(pid, `--${name}=${needed[name]}:${highest}`);
    } catch (error) {
      // Nobody may go beyond fs.nr_open, nor, without CAP_SYS_RESOURCE, beyond the hard limit.
      if (!(error instanceof CommandError)) throw error;
      if (name === "nofile") return soft;
      log.warning("A proxy may not have more memory for the configured limits before the next restart", { pid });
    }
  }
  return needed.nofile;
}

/** Tells what a daemon may have; `undefined` if it has ended. */
async function limitsOf(pid: number): Promise<Map<string, Limit> | undefined> {
  const options = [...RAISED.map((name) => `--${name}`), ...SHOW];
  try {
    return parseLimits(await prlimit(pid, ...options));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.stderr.includes("No such process")) return undefined;
    if (!error.stderr.includes("Operation not permitted")) throw error;
    // A container's root without CAP_SYS_RESOURCE sees no other user's limits. A daemon inherits this process's own ones, and
    // the runtime raises the soft one of descriptors to the hard one.
    const own = parseLimits(await prlimit(Deno.pid, ...options));
    return new Map([...own].map(([name, { hard }]) => [name, { soft: hard, hard }]));
  }
}

/**
 * Says that some daemons can't have the descriptors they need, in one line for all of them.
 *
 * @param short Their titles, and how many each may have; none is fine.
 */
export function warnOfShortage(short: ReadonlyMap<Title, number>): void {
  if (short.size === 0) return;
  log.warning("Too few file descriptors for the configured limits; raise the hard limit of open files, or lower them", {
    proxies: [...short.keys()].join(" "),
    descriptors: Math.min(...short.values()),
  });
}

function prlimit(pid: number, ...args: string[]): Promise<string> {
  return runCommand("prlimit", ["--pid", String(pid), ...args]);
}

/**
 * Reads what prlimit prints with `--raw --noheadings --output=RESOURCE,SOFT,HARD`.
 *
 * @param text For example `NOFILE 1024 524288`.
 * @returns Both limits by the name of prlimit's option; `unlimited` is Infinity.
 */
export function parseLimits(text: string): Map<string, Limit> {
  const rows = text.matchAll(/^([A-Z]+) +(\d+|unlimited) +(\d+|unlimited)\s*$/gm);
  return new Map([...rows].map(([, name = "", ...values]) => {
    const [soft = 0, hard = 0] = values.map((value) => value === "unlimited" ? Infinity : Number(value));
    return [name.toLowerCase(), { soft, hard }];
  }));
}
