/**
 * What `tproxy status` prints. Read-only.
 *
 * @module
 */

import { namesOf, type Title, TPROXY } from "../names.ts";
import { listEndpoints } from "../nft/nft.ts";
import { findDaemons } from "./find.ts";

/** Every proxy that should run does. */
export const ALL_RUN = 0;
/** None runs; init scripts take 3 for "not running" (Linux Standard Base, init script actions). */
export const NONE_RUNS = 3;
/** Some that should run do not. */
export const SOME_MISSING = 4;

/** What runs and what does not. */
export interface Status {
  /** A line for each proxy that runs, outer first: its title and its process ID. */
  readonly lines: readonly string[];
  /** The titles of those that should run and do not; empty if none runs. */
  readonly missing: readonly Title[];
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
  const [{ daemons }, { bridges }] = await Promise.all([findDaemons(), listEndpoints()]);
  const live = daemons.filter(({ draining }) => !draining);
  const lines = live.map(({ title, pid }) => `${title}: ${pid}`);
  if (live.length === 0) return { lines, missing: [], exitCode: NONE_RUNS };
  const inners = [...bridges].filter(([, endpoints]) => endpoints.length > 0).map(([bridge]) => namesOf(bridge).title);
  const wanted: Title[] = inners.length === 0 ? [] : [TPROXY, ...inners.toSorted()];
  const running = new Set<Title>(live.map(({ title }) => title));
  const missing = wanted.filter((title) => !running.has(title));
  return { lines, missing, exitCode: missing.length === 0 ? ALL_RUN : SOME_MISSING };
}
