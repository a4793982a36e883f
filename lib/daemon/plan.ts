/**
 * The difference between the daemons that run and those that should. Pure.
 *
 * @module
 */

import { MOST_OF_ONE_ROLE, type Role } from "../role.ts";
import type { RunningDaemon } from "./find.ts";

/** The verbs of `tproxy` that change what runs. */
export type Verb = "start" | "stop" | "restart" | "reload";

/** A daemon that should run. */
export interface WantedDaemon {
  /** What it is. */
  readonly role: Role;
  /** The inode of the network namespace it belongs in. */
  readonly netns: number;
  /** The user it should run as. */
  readonly uid: number;
  /** The permission flags it should have, joined by `;`. */
  readonly flags: string;
  /** Whether its route file has just changed. */
  readonly changed: boolean;
}

/** What to do about one daemon that should run. */
export interface Step {
  /** The daemon. */
  readonly wanted: WantedDaemon;
  /** Start a new one; else the one that runs stays. */
  readonly start: boolean;
  /** Processes that drain and have to end before, since there would be too many of the role; the oldest first. */
  readonly endFirst: readonly number[];
  /** Processes to be told to read their routes again. */
  readonly reload: readonly number[];
  /** Inners of another user, beside which the kernel lets nobody listen, so they have to stop just before the new one does. */
  readonly retireFirst: readonly number[];
  /** Processes that the new one, or a twin, makes superfluous; their live streams go on. */
  readonly retire: readonly number[];
  /** Processes whose streams are dead already, since their namespace is. */
  readonly end: readonly number[];
}

/** What to do, outer first. */
export interface Plan {
  /** A step for each daemon that should run. */
  readonly steps: readonly Step[];
  /** Processes that nobody wants any more. */
  readonly end: readonly number[];
}

/**
 * Plans one pass.
 *
 * @param verb Why there is a pass. `restart` replaces what runs; `reload` tells all to read their routes; `start` only
 * those whose routes changed; `stop` ends everything, draining ones too.
 * @param wanted The daemons that should run, outer first.
 * @param running The daemons that do.
 * @param dead The process IDs of those that are there and serve nobody; each is replaced.
 * @returns What to do.
 */
export function plan(
  verb: Verb,
  wanted: readonly WantedDaemon[],
  running: readonly RunningDaemon[],
  dead: ReadonlySet<number> = new Set(),
): Plan {
  if (verb === "stop") return { steps: [], end: running.map(({ pid }) => pid) };
  const titles = new Set(wanted.map(({ role }) => role.title));
  const live = running.filter(({ draining }) => !draining);
  return {
    steps: wanted.map((daemon) =>
      planStep(verb, daemon, running.filter(({ role }) => role.title === daemon.role.title), dead)
    ),
    end: pids(live.filter(({ role }) => !titles.has(role.title))),
  };
}

function planStep(
  verb: Verb,
  wanted: WantedDaemon,
  all: readonly RunningDaemon[],
  dead: ReadonlySet<number>,
): Step {
  const live = all.filter(({ draining }) => !draining);
  const here = live.filter(({ netns }) => netns === wanted.netns);
  // Outer's sockets are files, which pass from one user to another.
  const others = wanted.role.program === "outer" ? [] : here.filter(({ uid }) => uid !== wanted.uid);
  const isFit = ({ pid, uid, flags }: RunningDaemon) => uid === wanted.uid && flags === wanted.flags && !dead.has(pid);
  // Of two, one has taken over from the other: outer's sockets are the younger one's.
  const fit = verb === "restart" ? undefined : youngestFirst(here.filter(isFit))[0];
  return {
    wanted,
    start: fit === undefined,
    endFirst: fit === undefined ? surplus(all) : [],
    reload: fit !== undefined && (verb === "reload" || wanted.changed) ? [fit.pid] : [],
    retireFirst: pids(others),
    retire: pids(here.filter((daemon) => daemon !== fit && !others.includes(daemon))),
    end: pids(live.filter((daemon) => !here.includes(daemon))),
  };
}

function youngestFirst(daemons: readonly RunningDaemon[]): RunningDaemon[] {
  return daemons.toSorted((a, b) => a.seconds - b.seconds || b.pid - a.pid);
}

/** Those that drain, and have to make room for one more. */
function surplus(all: readonly RunningDaemon[]): number[] {
  const draining = youngestFirst(all.filter(({ draining }) => draining)).reverse();
  return pids(draining.slice(0, Math.max(0, all.length + 1 - MOST_OF_ONE_ROLE)));
}

function pids(daemons: readonly RunningDaemon[]): number[] {
  return daemons.map(({ pid }) => pid);
}
