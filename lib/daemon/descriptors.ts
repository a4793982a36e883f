/**
 * File descriptors for as many streams as the limits allow.
 *
 * WHY it is done from outside, to a daemon that runs: what a daemon is started with is whatever sudo, a shell or systemd
 * happened to have, often 1024; the daemon itself may raise that no further than the hard limit, and the limits of a
 * configuration may grow by a reload. Root may raise both at any time.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import { getLogger } from "../log.ts";
import type { BridgeName, Title } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";

const log = getLogger("descriptors");

/** A stream is a connection that came in, and one that went out. */
const PER_STREAM = 2;

/** For the runtime, the log, the counts, the routes, listeners, and connections that are about to be refused or closed. */
const SPARE = 512;

/** How many descriptors a daemon may have open. */
interface Descriptors {
  readonly soft: number;
  readonly hard: number;
}

/**
 * Tells how many descriptors a daemon needs.
 *
 * @param limits What it may have to carry.
 * @param bridge The bridge of an inner proxy; `undefined` for outer.
 * @returns How many.
 */
export function neededBy(limits: Limits, bridge: BridgeName | undefined): number {
  const streams = bridge === undefined ? limits.maxConnections : limits.maxConnectionsPerBridge;
  return streams * PER_STREAM + SPARE;
}

/**
 * Makes sure that a daemon may have as many descriptors as it needs; it is never given fewer than it has.
 *
 * @param pid The daemon; one that has ended meanwhile is fine.
 * @param needed How many it needs.
 * @returns How many it may have.
 * @throws {CommandError} If prlimit can't tell how many it has.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/prlimit`.
 */
export async function ensureDescriptors(pid: number, needed: number): Promise<number> {
  const has = await descriptorsOf(pid);
  if (has === undefined || has.soft >= needed) return needed;
  try {
    await prlimit(pid, `--nofile=${needed}:${Math.max(needed, has.hard)}`);
    return needed;
  } catch (error) {
    // Nobody may go beyond fs.nr_open, nor, without CAP_SYS_RESOURCE, beyond the hard limit.
    if (!(error instanceof CommandError)) throw error;
    return has.soft;
  }
}

/** Tells how many a daemon may have; `undefined` if it has ended. */
async function descriptorsOf(pid: number): Promise<Descriptors | undefined> {
  const show = ["--nofile", "--raw", "--noheadings", "--output=SOFT,HARD"];
  try {
    return parseDescriptors(await prlimit(pid, ...show));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.stderr.includes("No such process")) return undefined;
    if (!error.stderr.includes("Operation not permitted")) throw error;
    // A container's root without CAP_SYS_RESOURCE sees no other user's limits. A daemon inherits this process's own ones, and
    // the runtime raises the soft one to the hard one.
    const { hard } = parseDescriptors(await prlimit(Deno.pid, ...show));
    return { soft: hard, hard };
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
 * Reads what prlimit prints with `--raw --noheadings --output=SOFT,HARD`.
 *
 * @param text For example `1024 524288`.
 * @returns Both limits; `unlimited` is Infinity, and what is no number is 0, so that it will be set.
 */
export function parseDescriptors(text: string): Descriptors {
  const [soft = 0, hard = 0] = text.trim().split(/\s+/).map((word) => word === "unlimited" ? Infinity : Number(word));
  return { soft: soft || 0, hard: hard || 0 };
}
