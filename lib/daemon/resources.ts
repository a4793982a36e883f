/**
 * What a daemon needs of the host, and the most that it may take, so that one that is taken over exhausts nothing. Pure.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import type { Role } from "../role.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A stream is a connection that came in, and one that went out. */
const DESCRIPTORS_PER_STREAM = 2;

/** For the runtime, the log, the counts, the routes, listeners, and connections that are about to be refused or closed. */
const SPARE_DESCRIPTORS = 512;

/** A stream whose buffers are full both ways takes 90 KiB. */
const MEMORY_PER_STREAM = 128 * KIB;

/** For what streams share, and for garbage that is still to be collected: a fourth of it is the most that was ever seen. */
const SPARE_MEMORY = 512 * MIB;

/** A log that is longer takes no more lines until it is rotated. There is no other file that comes near. */
const LONGEST_FILE = 1024 * MIB;

/**
 * Threads and processes of a daemon's user: its own, and those of predecessors that still drain. The runtime has 7 threads on
 * 2 cores, and at most 20 more on many.
 */
const MOST_TASKS = 512;

/** What a daemon needs, or has. */
export interface Resources {
  /** How many files and sockets it may have open. */
  readonly nofile: number;
  /** How much memory of its own it may have, in bytes. */
  readonly data: number;
  /** How much address space it may have, in bytes, which is what bounds memory that can be shared. */
  readonly as: number;
}

/** What the runtime takes before it does anything, most of it only reserved by V8; it depends on the machine. In bytes. */
export type Footprint = Pick<Resources, "data" | "as">;

/** What a process may have at most, by the names of prlimit's options; Infinity where it is not limited. */
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
 * Makes the options with which prlimit starts a daemon.
 *
 * WHY neither descriptors nor address space are among them: a daemon may need more descriptors than whoever starts it may pass
 * on; and V8 reserves more space for a moment when it starts than it keeps. Both come afterwards, see `lib/daemon/prlimit.ts`.
 * WHY tasks only for a user of its own: the kernel counts all that a user has.
 *
 * @param needed What the daemon needs.
 * @param hasOwnUser Whether its user has nothing else to do.
 * @param hard What whoever starts it may have; more can't be passed on everywhere.
 * @returns prlimit's options.
 */
export function startOptions({ data }: Resources, hasOwnUser: boolean, hard: HardLimits): string[] {
  const most = { data, fsize: LONGEST_FILE, ...(hasOwnUser ? { nproc: MOST_TASKS } : {}) };
  return Object.entries(most).map(([name, value]) => {
    const may = Math.min(value, hard.get(name) ?? Infinity);
    return `--${name}=${may}:${may}`;
  });
}
