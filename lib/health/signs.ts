/**
 * Looking for signs of life of daemons.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Fault } from "../fault.ts";
import type { Role } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { type Sign, SILENCE_MS } from "./vitals.ts";

/**
 * How long to wait before a second look at a daemon whose counts are old. One that is alive has written them by then.
 */
const LOOK_AGAIN_MS = 2_000;

/**
 * Looks for signs of life of the daemons that serve.
 *
 * @param daemons The daemons that run, as they were just listed.
 * @returns The signs of each, without those that drain.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readSigns(daemons: readonly RunningDaemon[]): Sign[] {
  return daemons.filter(({ draining }) => !draining).map(({ pid, role, state, cpuSeconds }) => {
    return { pid, title: role.title, state, cpuSeconds, beat: beatOf(role) };
  });
}

/**
 * Tells when a daemon has last written its counts.
 *
 * @param role What the daemon is.
 * @returns Milliseconds since 1970; `undefined` if there is no such file.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function beatOf({ statsFile }: Pick<Role, "statsFile">): number | undefined {
  return lstatIfThere(statsFile)?.mtime?.getTime();
}

/** Whether a daemon is stopped, by SIGSTOP or by a debugger. */
export function isStopped({ state }: Sign): boolean {
  return state === "T" || state === "t";
}

/**
 * Finds the daemons that run and serve nobody.
 *
 * @param daemons The daemons that run, as they were just listed.
 * @returns A fault for each daemon that is stopped, or that has shown no sign of life for 10 seconds and shows none at
 * a second look.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function findDaemonFaults(daemons: readonly RunningDaemon[]): Promise<Fault[]> {
  const signs = readSigns(daemons);
  const stopped = signs.filter(isStopped).map(({ title, pid }): Fault => ({
    code: "stopped",
    subject: title,
    text: `the process ${pid} is stopped`,
    remedy: `run "kill -CONT ${pid}"`,
  }));
  const old = signs.filter((sign) => !isStopped(sign) && Date.now() - (sign.beat ?? Date.now()) >= SILENCE_MS);
  if (old.length === 0) return stopped;
  // The machine may have been suspended, or its clock been set.
  await delay(LOOK_AGAIN_MS);
  const beats = new Map(readSigns(daemons).map(({ pid, beat }) => [pid, beat]));
  const silent = old.filter(({ pid, beat }) => beats.get(pid) === beat).map(({ title, pid }): Fault => ({
    code: "silent",
    subject: title,
    text: `the process ${pid} has shown no sign of life for ${SILENCE_MS / 1000} seconds`,
    remedy: 'run "tproxy restart"',
  }));
  return [...stopped, ...silent];
}
