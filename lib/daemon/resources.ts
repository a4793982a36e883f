/**
 * What a daemon needs of the host, and the most that it may take, so that one that was taken over exhausts nothing.
 * Pure.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import type { Role } from "../role.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A stream has its peer's connection, and another one if it does not share the string: all of them may be such. */
const DESCRIPTORS_PER_STREAM = 2;

/**
 * For the runtime, the log, the counts, the routes, listeners, and connections that are about to be refused or closed.
 */
const SPARE_DESCRIPTORS = 512;

/** A stream whose buffers are full both ways takes 90 KiB. */
const MEMORY_PER_STREAM = 128 * KIB;

/** For what streams share and for garbage that is not collected yet. At most a fourth of it was ever seen in use. */
const SPARE_MEMORY = 512 * MIB;

/** A log of this length takes no more lines until it is rotated. No other file comes near it. */
const LONGEST_FILE = 1024 * MIB;

/**
 * How many threads and processes a daemon's user may have. They are those of the daemon and of predecessors that drain;
 * the runtime has 7 threads on 2 cores, and at most 20 more on many cores.
 */
const MOST_TASKS = 512;

/** Amounts of the host's resources. */
export interface Resources {
  /** Open files and sockets. */
  readonly nofile: number;
  /** Private memory, in bytes. */
  readonly data: number;
  /** Address space, in bytes. It bounds memory that can be shared, too. */
  readonly as: number;
}

/** What the runtime takes before it does anything, in bytes. V8 only reserves most of it; it depends on the machine. */
export type Footprint = Pick<Resources, "data" | "as">;

/** Hard limits by the names of prlimit's options; Infinity where there is none. */
export type HardLimits = ReadonlyMap<string, number>;

/**
 * Tells what a daemon needs for as many streams as it may have to carry.
 *
 * @param limits What is configured.
 * @param role What the daemon is.
 * @param footprint What the runtime takes here.
 * @returns What it needs.
 */
export function neededBy(limits: Limits, role: Role, footprint: Footprint): Resources {
  const streams = role.program === "outer" ? limits.maxConnections : limits.maxConnectionsPerBridge;
  const memory = SPARE_MEMORY + streams * MEMORY_PER_STREAM;
  return {
    nofile: streams * DESCRIPTORS_PER_STREAM + SPARE_DESCRIPTORS,
    data: footprint.data + memory,
    as: footprint.as + memory,
  };
}

/**
 * Renders the options with which prlimit starts a daemon.
 *
 * `lib/daemon/prlimit.ts` bounds descriptors and address space later: a daemon may need more descriptors than this
 * process has, and V8 reserves more space while it starts than it keeps.
 *
 * @param needed What the daemon needs.
 * @param hasOwnUser Whether its user has nothing else to do.
 * @param hard The hard limits of this process. Not everywhere may a daemon get more.
 * @returns prlimit's options.
 */
export function startOptions({ data }: Resources, hasOwnUser: boolean, hard: HardLimits): string[] {
  // The kernel counts the tasks of a user, whatever they are.
  const tasks = hasOwnUser ? { nproc: MOST_TASKS } : {};
  const most = { data, fsize: LONGEST_FILE, ...tasks };
  return Object.entries(most).map(([name, value]) => {
    const limit = Math.min(value, hard.get(name) ?? Infinity);
    return `--${name}=${limit}:${limit}`;
  });
}
