/**
 * Daemons that drain. They end by themselves after `:tproxy_hard_stop_after:`. One that hangs, or that was taken over,
 * does not, and is ended here.
 *
 * @module
 */

import { log } from "../log.ts";
import type { Limits } from "../limits.ts";
import { RUN_FILES } from "../paths.ts";
import { parseJson } from "../parse_json.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import { send } from "./stop.ts";

/** How many seconds longer than it should a daemon may drain before it counts as one that hangs. */
const GRACE_S = 10;

/**
 * How old each daemon was when it was first seen to drain, in seconds, by process ID. An age does not change with the
 * machine's clock, as a time would.
 */
export type Retirements = ReadonlyMap<number, number>;

/**
 * Notes which daemons drain.
 *
 * @param known What was noted before.
 * @param daemons The daemons that run now.
 * @returns The age of each daemon that drains when it was first seen to. A daemon that is younger than was noted is
 * another process with the same ID.
 */
export function noteRetired(known: Retirements, daemons: readonly RunningDaemon[]): Retirements {
  return new Map(
    daemons.filter(({ draining }) => draining).map(({ pid, seconds }) => {
      return [pid, Math.min(known.get(pid) ?? seconds, seconds)];
    }),
  );
}

/**
 * Finds the daemons that should have ended by themselves.
 *
 * @param retirements Since when each drains.
 * @param daemons The daemons that run now.
 * @param limits How long they may drain, among others.
 * @returns Those that have drained for longer.
 */
export function findOverdue(
  retirements: Retirements,
  daemons: readonly RunningDaemon[],
  { hardStopAfterMs, drainTimeoutMs }: Limits,
): RunningDaemon[] {
  const longest = (hardStopAfterMs + drainTimeoutMs) / 1000 + GRACE_S;
  return daemons.filter(({ pid, seconds }) => seconds - (retirements.get(pid) ?? Infinity) > longest);
}

/**
 * Ends the daemons that should have ended by themselves.
 *
 * @param daemons The daemons that run now.
 * @param limits How long they may drain, among others.
 * @throws {import("../errors.ts").TproxyError} If kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function endOverdue(daemons: readonly RunningDaemon[], limits: Limits): Promise<void> {
  const known = parseRetirements(readIfThere(RUN_FILES.retired) ?? "");
  const retirements = noteRetired(known, daemons);
  if (retirements.size > 0) replaceFile(RUN_FILES.retired, renderRetirements(retirements), 0);
  else if (known.size > 0) removeIfThere(RUN_FILES.retired);
  const overdue = findOverdue(retirements, daemons, limits);
  for (const { role: { title }, pid } of overdue) {
    log.warning("Ending a replaced proxy that did not end by itself", { title, pid });
  }
  await send("KILL", overdue.map(({ pid }) => pid));
}

function renderRetirements(retirements: Retirements): string {
  return JSON.stringify([...retirements]) + "\n";
}

/** A damaged file counts as none. Then the time of each daemon begins anew. */
function parseRetirements(text: string): Retirements {
  const list = parseJson(text);
  return new Map(Array.isArray(list) && list.every(isRetirement) ? list : []);
}

function isRetirement(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}
