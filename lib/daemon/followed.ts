/**
 * Waiting until daemons have followed their routes: when a command returns, ports are open or closed as it says.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Role } from "../role.ts";
import { readCounts } from "./counts.ts";

const POLL_MS = 10;

/** A daemon follows within milliseconds. One that can't says why in its log, and nobody should wait long for it. */
const DEADLINE_MS = 2_000;

/** A daemon that was told to read its routes. */
export interface Follower {
  /** What it is. */
  readonly role: Role;
  /** What it should listen on: ports of an inner, bridges of outer. */
  readonly listeners: readonly (number | string)[];
}

/**
 * Waits until daemons listen on what they should, and on nothing else, as they say themselves.
 *
 * @param daemons The daemons.
 * @param deadlineMs How long to wait, in milliseconds.
 * @returns Those that do not by then.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function followed(daemons: readonly Follower[], deadlineMs: number = DEADLINE_MS): Promise<Role[]> {
  const deadline = performance.now() + deadlineMs;
  for (let left = daemons;;) {
    const has = await Promise.all(left.map(hasFollowed));
    left = left.filter((_, i) => !has[i]);
    if (left.length === 0 || performance.now() > deadline) return left.map(({ role }) => role);
    await delay(POLL_MS);
  }
}

async function hasFollowed({ role, listeners }: Follower): Promise<boolean> {
  const listening = new Set((await readCounts(role))?.listening);
  return listening.size === listeners.length && listeners.every((listener) => listening.has(listener));
}
