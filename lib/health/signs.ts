/**
 * Looking for signs of life of daemons.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { Fault } from "../fault.ts";
import { lstatIfThere } from "../run_dir.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { askOf } from "../daemon/ps.ts";
import { type Sign, SILENCE_MS } from "./vitals.ts";

/**
 * How long to wait before a second look at a daemon whose counts are old. One that is alive has written them by then.
 */
const LOOK_AGAIN_MS = 2_000;

/**
 * Looks for signs of life of the daemons that serve.
 *
 * @param daemons The daemons that run.
 * @returns The signs of each, without those that drain or have just ended.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps` and `--allow-read=/run/one_tproxy`.
 */
export async function readSigns(daemons: readonly RunningDaemon[]): Promise<Sign[]> {
  const serving = daemons.filter(({ draining }) => !draining);
  const states = parseStates(await askOf(serving.map(({ pid }) => pid), "-o", "pid=,state=,time="));
  const signs = await Promise.all(serving.map(async ({ pid, role: { title, statsFile } }): Promise<Sign[]> => {
    const state = states.get(pid);
    const info = await lstatIfThere(statsFile);
    return state === undefined ? [] : [{ pid, title, ...state, beat: info?.mtime?.getTime() }];
  }));
  return signs.flat();
}

/**
 * Reads the answer of `ps -o pid=,state=,time=`.
 *
 * @param text What ps printed.
 * @returns The state and the seconds of processor time of each process.
 */
export function parseStates(text: string): Map<number, Pick<Sign, "state" | "cpuSeconds">> {
  const rows = text.matchAll(/^\s*(\d+)\s+(\S)\S*\s+(?:(\d+)-)?(\d+):(\d+):(\d+)\s*$/gm);
  return new Map([...rows].map(([, pid, state = "", ...time]) => {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = time.map((part) => Number(part ?? 0));
    return [Number(pid), { state, cpuSeconds: ((days * 24 + hours) * 60 + minutes) * 60 + seconds }];
  }));
}

/** Whether a daemon is stopped, by SIGSTOP or by a debugger. */
export function isStopped({ state }: Sign): boolean {
  return state === "T" || state === "t";
}

/**
 * Finds the daemons that run and serve nobody.
 *
 * @param daemons The daemons that run.
 * @returns A fault for each daemon that is stopped, or that has shown no sign of life for 10 seconds and shows none at
 * a second look.
 * @throws {import("../run_command.ts").CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps` and `--allow-read=/run/one_tproxy`.
 */
export async function findDaemonFaults(daemons: readonly RunningDaemon[]): Promise<Fault[]> {
  const signs = await readSigns(daemons);
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
  const beats = new Map((await readSigns(daemons)).map(({ pid, beat }) => [pid, beat]));
  const silent = old.filter(({ pid, beat }) => beats.get(pid) === beat).map(({ title, pid }): Fault => ({
    code: "silent",
    subject: title,
    text: `the process ${pid} has shown no sign of life for ${SILENCE_MS / 1000} seconds`,
    remedy: 'run "tproxy restart"',
  }));
  return [...stopped, ...silent];
}
