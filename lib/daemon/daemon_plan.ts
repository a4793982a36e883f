/**
 * The difference between the daemons that run and those that should. Pure.
 *
 * @module
 */

import { MOST_OF_ONE_ROLE, type Role } from "../role.ts";
import type { RunningDaemon } from "./find_daemons.ts";

/** A daemon that should run. */
export interface WantedDaemon {
  /** What it is. */
  readonly role: Role;
  /** The inode of the network namespace it belongs in. */
  readonly netns: number;
  /** The user it should run as. */
  readonly uid: number;
  /** The other groups that it should be in. A daemon of root's may be in any. */
  readonly groups: readonly number[];
  /** The permission flags it should have. */
  readonly flags: readonly string[];
  /** Whether its route file has just changed. */
  readonly changed: boolean;
}

/** All daemons that should run. */
export interface Wanted {
  /** Outer; `undefined` if no bridge is served. */
  readonly outer: WantedDaemon | undefined;
  /** The inners of all bridges that are served. */
  readonly inners: readonly WantedDaemon[];
}

/** A daemon that has to be started, and what happens to those of its role. */
export interface Start {
  /** The daemon. */
  readonly wanted: WantedDaemon;
  /** Those that drain and have to end before, since there would be too many of the role; the oldest first. */
  readonly endFirst: readonly RunningDaemon[];
  /**
   * Inners of another user, beside which the kernel lets nobody listen, so they have to drain just before the new one
   * does.
   */
  readonly retireFirst: readonly RunningDaemon[];
  /** Those that drain from when the new one serves. */
  readonly retire: readonly RunningDaemon[];
  /** Those whose streams are dead already, since their namespace is. */
  readonly end: readonly RunningDaemon[];
}

/** A daemon that is as it should be, and what happens to others of its role. */
export interface Keep {
  /** What it should be. */
  readonly wanted: WantedDaemon;
  /** The daemon. */
  readonly daemon: RunningDaemon;
  /** Whether it has to read its routes again. */
  readonly reload: boolean;
  /** Those that it makes superfluous. */
  readonly retire: readonly RunningDaemon[];
  /** Those whose streams are dead already, since their namespace is. */
  readonly end: readonly RunningDaemon[];
}

/** What to do. */
export interface Plan {
  /** Outer, if it has to be started. */
  readonly outer: Start | undefined;
  /** The inners that have to be started. */
  readonly inners: readonly Start[];
  /** The daemons that stay, outer among them. */
  readonly keeps: readonly Keep[];
  /** Daemons of which none is wanted any more. */
  readonly end: readonly RunningDaemon[];
}

/**
 * Plans one pass.
 *
 * @param verb Why there is a pass. `restart` replaces what runs; `reload` tells all to read their routes; `start` only
 * those whose routes changed.
 * @param wanted The daemons that should run.
 * @param running The daemons that do.
 * @param dead The process IDs of those that are there and serve nobody; each is replaced.
 * @returns What to do.
 */
export function plan(
  verb: "start" | "restart" | "reload",
  { outer, inners }: Wanted,
  running: readonly RunningDaemon[],
  dead: ReadonlySet<number> = new Set(),
): Plan {
  const all = outer === undefined ? inners : [outer, ...inners];
  const titles = new Set(all.map(({ role }) => role.title));
  const starts: Start[] = [];
  const keeps: Keep[] = [];
  // Sorted once: there may be a thousand of each.
  const byTitle = Map.groupBy(running, ({ role }) => role.title);
  for (const wanted of all) {
    const step = planOne(verb, wanted, byTitle.get(wanted.role.title) ?? [], dead);
    if ("daemon" in step) keeps.push(step);
    else starts.push(step);
  }
  return {
    outer: starts.find(({ wanted }) => wanted === outer),
    inners: starts.filter(({ wanted }) => wanted !== outer),
    keeps,
    end: running.filter(({ draining, role }) => !draining && !titles.has(role.title)),
  };
}

function planOne(
  verb: "start" | "restart" | "reload",
  wanted: WantedDaemon,
  all: readonly RunningDaemon[],
  dead: ReadonlySet<number>,
): Start | Keep {
  const live = all.filter(({ draining }) => !draining);
  const here = live.filter(({ netns }) => netns === wanted.netns);
  const end = live.filter((daemon) => !here.includes(daemon));
  const mark = wanted.flags.join(";");
  const isFit = ({ pid, uid, groups, flags }: RunningDaemon) =>
    uid === wanted.uid && (uid === 0 || hasSame(groups, wanted.groups)) && flags === mark && !dead.has(pid);
  // Of two, one has taken over from the other: outer's sockets are the younger one's.
  const fit = youngestFirst(here.filter(isFit))[0];
  if (fit !== undefined && verb !== "restart") {
    const reload = verb === "reload" || wanted.changed;
    return { wanted, daemon: fit, reload, retire: here.filter((daemon) => daemon !== fit), end };
  }
  // Outer's sockets are files, which pass from one user to another.
  const others = wanted.role.program === "outer" ? [] : here.filter(({ uid }) => uid !== wanted.uid);
  const retire = here.filter((daemon) => !others.includes(daemon));
  return { wanted, endFirst: surplus(all), retireFirst: others, retire, end };
}

function hasSame(groups: readonly number[], wanted: readonly number[]): boolean {
  return new Set(groups).symmetricDifference(new Set(wanted)).size === 0;
}

function youngestFirst(daemons: readonly RunningDaemon[]): RunningDaemon[] {
  return daemons.toSorted((a, b) => a.seconds - b.seconds || b.pid - a.pid);
}

/** Those that drain, and have to make room for one more. */
function surplus(all: readonly RunningDaemon[]): RunningDaemon[] {
  const draining = youngestFirst(all.filter(({ draining }) => draining)).reverse();
  return draining.slice(0, Math.max(0, all.length + 1 - MOST_OF_ONE_ROLE));
}
