/**
 * What `tproxy status` prints. Read-only.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type BridgeName, namesOf, RUN_FILES, type Title, TPROXY } from "../names.ts";
import { listEndpoints } from "../nft/nft.ts";
import type { Counts } from "../proxy/stats.ts";
import { readIfThere } from "../run_dir.ts";
import { findDaemons, type RunningDaemon } from "./find.ts";
import { isHeld } from "./hold.ts";

/** Every proxy that should run does. */
export const ALL_RUN = 0;
/** None runs; init scripts take 3 for "not running" (Linux Standard Base, init script actions). */
export const NONE_RUNS = 3;
/** Some that should run do not. */
export const SOME_MISSING = 4;

/** A proxy that runs. */
export interface ProxyStatus {
  /** Its process title. */
  readonly title: Title;
  /** The bridge of an inner proxy. */
  readonly bridge?: BridgeName;
  /** Its process ID. */
  readonly pid: number;
  /** When it started, ISO 8601. */
  readonly since: string;
  /** Whether it only finishes its streams. */
  readonly draining: boolean;
  /** What the bridge's guests are served. */
  readonly endpoints?: readonly Endpoint[];
  /** What it has counted, at most a second ago; missing for one that drains, or if it could not write it. */
  readonly counts?: Counts;
}

/** What runs and what does not. */
export interface Status {
  /** Those that run, outer first, draining ones too. */
  readonly proxies: readonly ProxyStatus[];
  /** The titles of those that should run and do not; empty if none runs. */
  readonly missing: readonly Title[];
  /** Whether `tproxy stop` keeps all of them from being started. */
  readonly stopped: boolean;
  /** {@linkcode ALL_RUN}, {@linkcode NONE_RUNS} or {@linkcode SOME_MISSING}. */
  readonly exitCode: number;
}

/**
 * Finds out what runs.
 *
 * @returns What runs and what does not.
 * @throws {import("../errors.ts").TproxyError} If nft or ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function readStatus(): Promise<Status> {
  const [{ daemons }, { bridges }, stopped] = await Promise.all([findDaemons(), listEndpoints(), isHeld()]);
  const proxies = await Promise.all(daemons.map((daemon) => describeDaemon(daemon, bridges)));
  const running = new Set<Title>(daemons.filter(({ draining }) => !draining).map(({ title }) => title));
  if (running.size === 0) return { proxies, missing: [], stopped, exitCode: NONE_RUNS };
  const inners = [...bridges].filter(([, endpoints]) => endpoints.length > 0).map(([bridge]) => namesOf(bridge).title);
  const wanted: Title[] = inners.length === 0 ? [] : [TPROXY, ...inners.toSorted()];
  const missing = wanted.filter((title) => !running.has(title));
  return { proxies, missing, stopped, exitCode: missing.length === 0 ? ALL_RUN : SOME_MISSING };
}

async function describeDaemon(
  { title, bridge, pid, seconds, draining }: RunningDaemon,
  bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): Promise<ProxyStatus> {
  const since = new Date(Date.now() - seconds * 1000).toISOString();
  // The file is the one of whoever serves now.
  const counts = draining
    ? undefined
    : await readCounts(bridge === undefined ? RUN_FILES.outerStats : namesOf(bridge).statsFile);
  const endpoints = bridge === undefined ? undefined : bridges.get(bridge) ?? [];
  return {
    title,
    ...(bridge === undefined ? {} : { bridge }),
    pid,
    since,
    draining,
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(counts === undefined ? {} : { counts }),
  };
}

/** Reads what a daemon has counted. It may be writing just now; then there is nothing to tell. */
async function readCounts(path: string): Promise<Counts | undefined> {
  try {
    return JSON.parse(await readIfThere(path) ?? "");
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
