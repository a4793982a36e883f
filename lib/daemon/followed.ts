/**
 * Waiting until daemons have followed their routes: when a command returns, ports are open or closed as it says.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { Role } from "../role.ts";
import { readCounts } from "./counts.ts";

const POLL_MS = 10;

/** A daemon follows within milliseconds. One that can't says why in its log, and nobody should wait long for it. */
const DEADLINE_MS = 2_000;

/**
 * Tells what a daemon should listen on.
 *
 * @param role What the daemon is.
 * @param endpoints What each bridge's guests should be served.
 * @returns Ports of an inner, bridges of outer.
 */
export function listenersOf(
  role: Role,
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): (number | string)[] {
  if (role.program === "outer") return [...endpoints.keys()];
  return (endpoints.get(role.bridge) ?? []).map(({ servicePort }) => servicePort);
}

/**
 * Waits until daemons listen on what they should, and on nothing else, as they say themselves.
 *
 * @param roles What they are.
 * @param endpoints What each bridge's guests should be served.
 * @returns Those that do not in time.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function followed(
  roles: readonly Role[],
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): Promise<readonly Role[]> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let left = roles;;) {
    left = left.filter((role) => !hasFollowed(role, listenersOf(role, endpoints)));
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(POLL_MS);
  }
}

function hasFollowed(role: Role, listeners: readonly (number | string)[]): boolean {
  const listening = new Set(readCounts(role)?.listening);
  return listening.size === listeners.length && listeners.every((listener) => listening.has(listener));
}
