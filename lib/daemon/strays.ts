/**
 * Strays: processes that have the group of a proxy and are not found as proxies. A proxy that was taken over can give
 * itself any title and any mark, and can start other processes. It can't change its group, which has no name and is
 * nobody else's, so root alone can have given it.
 *
 * @module
 */

import { NETNS_DIR } from "../paths.ts";
import { OUTER } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import { listNetns } from "../setup/restore.ts";
import { type Processes, readMarks } from "./find_daemons.ts";
import type { Marks } from "./marks.ts";
import { isOurNumber, numberOf } from "./owner.ts";
import type { Process } from "./ps.ts";
import { waitFor } from "./stop.ts";
import { hasName } from "./user_database.ts";

const OUTER_GROUP = numberOf(OUTER);

/** The strays of a host. */
export interface Strays {
  /** Those that are this host's. */
  readonly own: readonly Process[];
  /** Those that may be this host's, or those of another host, in a container. */
  readonly doubtful: readonly Process[];
  /** Those of another host, its proxies included. */
  readonly elsewhere: readonly Process[];
}

const NONE: Strays = { own: [], doubtful: [], elsewhere: [] };

/** What tells the strays of this host from those of another one. */
export interface Surroundings extends Pick<Processes, "host" | "userns"> {
  /** The inodes of this host's network namespaces: its own, and those of its bridges. */
  readonly namespaces: ReadonlySet<number>;
  /** The inodes of network namespaces in which there are processes without the group of a proxy. */
  readonly peopled: ReadonlySet<number>;
  /** The marks of processes that have some. */
  readonly marks: ReadonlyMap<number, Pick<Marks, "host">>;
}

/** How old a process is at least that no verb has started for a moment, in seconds: `doctor`'s probe ends within 60. */
const OLD_S = 120;

/** How long a proxy may take to give its memory back when it ends, in milliseconds. */
const ENDING_MS = 1_000;

/** How many processes are named. */
const MOST_NAMED = 20;

/**
 * Sorts processes with the group of a proxy that are not found as proxies.
 *
 * WHY the user namespace: a process without rights gets into another network namespace only if it makes itself a user
 * namespace first. There it may have sockets that it has made before, in the host's network namespace.
 *
 * @param candidates The processes.
 * @param surroundings What tells whose they are.
 * @returns Whose they are.
 */
export function sortStrays(
  candidates: readonly Process[],
  { host, userns, namespaces, peopled, marks }: Surroundings,
): Strays {
  const { own = [], doubtful = [], elsewhere = [] } = Object.groupBy(candidates, (process): keyof Strays => {
    const { pid, gid, netns } = process;
    if (Number.isNaN(netns) || namespaces.has(netns)) return "own";
    // Another host's proxies have its mark. What it starts for a moment has none.
    const isMarked = (marks.get(pid)?.host ?? host) !== host;
    if (!Object.is(process.userns, userns)) return isOld(process) && !isMarked ? "own" : "doubtful";
    // The namespace of a bridge lives on without its name as long as a process is in it.
    return gid !== OUTER_GROUP && !isMarked && !peopled.has(netns) ? "own" : "elsewhere";
  });
  return { own, doubtful, elsewhere };
}

/**
 * Finds the strays. As a rule there is no process that could be one, and nothing more is asked.
 *
 * @param processes The processes of this machine.
 * @returns The strays.
 * @throws {import("../run_command.ts").CommandError} If ps or getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and getent, and `--allow-read=/run/netns`.
 */
export async function findStrays({ host, userns, others }: Processes): Promise<Strays> {
  const candidates = others.filter(({ gid, isZombie }) => isOurNumber(gid) && !isZombie);
  if (candidates.length === 0) return NONE;
  // A directory service may have given a number to people, although it must not.
  const peoples = new Set<number>();
  for (const gid of new Set(candidates.map(({ gid }) => gid))) if (await hasName(gid)) peoples.add(gid);
  const strays = candidates.filter(({ gid }) => !peoples.has(gid));
  const ofBridges = [...await listNetns()].map((name) => lstatIfThere(`${NETNS_DIR}/${name}`)?.ino ?? host);
  const namespaces = new Set([host, ...ofBridges]);
  const marks = await readMarks(strays.filter(({ netns }) => !namespaces.has(netns)).map(({ pid }) => pid));
  const peopled = new Set(others.filter(({ gid }) => !isOurNumber(gid)).map(({ netns }) => netns));
  return sortStrays(strays, { host, userns, namespaces, peopled, marks });
}

/**
 * Tells whether no verb can have started a stray for a moment.
 *
 * @param stray The stray.
 * @returns Whether it is old enough.
 */
export function isOld({ seconds }: Process): boolean {
  return seconds >= OLD_S;
}

/**
 * Finds the strays that do not end by themselves now.
 *
 * WHY: a process that ends gives its memory back first, which takes a proxy some 20 ms. Meanwhile ps shows it as one that
 * runs and has no title, so that it looks like a stray.
 *
 * @param strays The strays.
 * @returns Those that have not ended after a second.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function findLasting(strays: readonly Process[]): Promise<Process[]> {
  const lasting = await waitFor(strays.map(({ pid }) => pid), "ended", ENDING_MS);
  return strays.filter(({ pid }) => lasting.includes(pid));
}

/**
 * Tells whether a stray may be the probe that `doctor` has started, which has outer's group.
 *
 * @param stray The stray.
 * @returns Whether it is as young as the probe is.
 */
export function mayBeProbe(stray: Process): boolean {
  return stray.gid === OUTER_GROUP && !isOld(stray);
}

/**
 * Names processes, the first 20 of them, as commands take them.
 *
 * @param processes The processes.
 * @returns Their IDs.
 */
export function someOf(processes: readonly Pick<Process, "pid">[]): string {
  return processes.slice(0, MOST_NAMED).map(({ pid }) => pid).join(" ");
}
