/**
 * The resource limits of daemons, by prlimit(1).
 *
 * They are set from outside while a daemon runs. A daemon starts with the limits that sudo, a shell or systemd happened
 * to have, often 1024 descriptors, and may not raise them above its hard limit; and a reload may bring a configuration
 * that needs more. Root may raise both limits at any time.
 *
 * @module
 */

import { log } from "../log.ts";
import type { Title } from "../role.ts";
import { PROGRAMS } from "../programs.ts";
import { CommandError, runCommand } from "../run_command.ts";
import type { User } from "./owner.ts";
import type { Footprint, HardLimits, Resources } from "./resources.ts";

/** The resources of which a reload may ask for more. */
const RAISED = ["as", "data", "nofile"] as const;

const SHOW = ["--raw", "--noheadings", "--output=RESOURCE,SOFT,HARD"];

/** The limits of one resource. */
interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** What this process takes, and its hard limits. */
export interface Own {
  /** The memory that the runtime takes on this machine. */
  readonly footprint: Footprint;
  /** The most that a daemon can start with. */
  readonly hard: HardLimits;
}

/**
 * Finds out what this process takes and may take, which the same runtime runs as the daemons.
 *
 * @returns What it takes, and its hard limits.
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
  // A container may not let root become another user, and root may lower the limits of root's processes.
  if (uid === 0) return void await runCommand("prlimit", options);
  // Any user may lower the limits of its own processes. Root needs CAP_SYS_RESOURCE for it, which some containers lack.
  const asUser = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  await runCommand("setpriv", [...asUser, PROGRAMS.prlimit.path, ...options]);
}

/**
 * Raises the limits of a daemon to what it needs. None is lowered.
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
      // A daemon must not be able to raise its own bound on memory.
      const highest = name === "nofile" ? Math.max(needed[name], hard) : needed[name];
      await prlimit(pid, `--${name}=${needed[name]}:${highest}`);
    } catch (error) {
      // Nobody may go beyond fs.nr_open, nor, without CAP_SYS_RESOURCE, beyond the hard limit.
      if (!(error instanceof CommandError)) throw error;
      if (name === "nofile") return soft;
      log.warning("A proxy gets the memory for the configured limits only when it is restarted", { pid });
    }
  }
  return needed.nofile;
}

/** Reads the limits of a daemon; `undefined` if it has ended. */
async function limitsOf(pid: number): Promise<Map<string, Limit> | undefined> {
  const options = [...RAISED.map((name) => `--${name}`), ...SHOW];
  try {
    return parseLimits(await prlimit(pid, ...options));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.stderr.includes("No such process")) return undefined;
    if (!error.stderr.includes("Operation not permitted")) throw error;
    // A container's root without CAP_SYS_RESOURCE sees no other user's limits. A daemon inherits the limits of this
    // process, and the runtime raises the soft limit of descriptors to the hard one.
    const own = parseLimits(await prlimit(Deno.pid, ...options));
    return new Map([...own].map(([name, { hard }]) => [name, { soft: hard, hard }]));
  }
}

/**
 * Logs that daemons can't have the descriptors they need, in one line for all of them.
 *
 * @param short Their titles, and how many descriptors each may have; if there are none, nothing is logged.
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
