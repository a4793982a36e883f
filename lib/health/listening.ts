/**
 * Whether daemons listen on all that they should. A daemon that could not listen, because the address was gone or
 * another process had the port, goes on without, and tries again only on a signal.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Endpoint } from "../address.ts";
import type { Fault } from "../fault.ts";
import type { BridgeName } from "../names.ts";
import type { Role } from "../role.ts";
import { listenersOf } from "../daemon/followed.ts";
import { readCounts } from "../daemon/counts.ts";
import { type RunningDaemon, servedBy } from "../daemon/find_daemons.ts";

/** How long to wait before a second look: counts are up to a second old, and routes may just have changed. */
const LOOK_AGAIN_MS = 2_000;

/** A daemon that does not listen on all that it should. */
export interface Deaf {
  /** The daemon. */
  readonly daemon: Pick<RunningDaemon, "role" | "pid">;
  /** What it does not listen on: ports of an inner, bridges of outer; at least one. */
  readonly listeners: readonly (number | string)[];
}

/**
 * Compares what a daemon listens on with what it should.
 *
 * @param role What the daemon is.
 * @param listening What it says that it listens on.
 * @param endpoints What each bridge's guests should be served.
 * @param served The bridges whose inner runs.
 * @returns What is missing.
 */
export function missingListeners(
  role: Role,
  listening: readonly (number | string)[],
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
  served: ReadonlySet<BridgeName>,
): (number | string)[] {
  const isWanted = (listener: number | string) => role.program === "inner" || served.has(listener as BridgeName);
  return listenersOf(role, endpoints).filter((listener) => isWanted(listener) && !listening.includes(listener));
}

/**
 * Finds the daemons that do not listen on all that they should. A daemon without counts is passed over.
 *
 * @param daemons The daemons that run.
 * @param endpoints What each bridge's guests should be served.
 * @returns The daemons, without those that drain.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function findDeaf(
  daemons: readonly RunningDaemon[],
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): Deaf[] {
  const serving = daemons.filter(({ draining }) => !draining);
  const served = servedBy(serving);
  return serving.flatMap((daemon) => {
    const counts = readCounts(daemon.role);
    if (counts === undefined) return [];
    const listeners = missingListeners(daemon.role, counts.listening, endpoints, served);
    return listeners.length === 0 ? [] : [{ daemon, listeners }];
  });
}

/**
 * Finds the daemons that still do not listen on all that they should at a second look. One that was just told to needs
 * a moment.
 *
 * @param daemons The daemons that run.
 * @param endpoints What each bridge's guests should be served.
 * @returns A fault for each.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function findDeafFaults(
  daemons: readonly RunningDaemon[],
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): Promise<Fault[]> {
  if (findDeaf(daemons, endpoints).length === 0) return [];
  await delay(LOOK_AGAIN_MS);
  return findDeaf(daemons, endpoints).map(({ daemon: { role: { title, log } }, listeners }) => ({
    code: "not-listening",
    subject: title,
    text: `does not listen on ${listeners.join(", ")}`,
    remedy: `run "tproxy reload"; ${log} says why`,
  }));
}
