/**
 * The processor time of a contender's processes: the figure that holds on a machine that has other work.
 *
 * @module
 */

import type { Contender } from "./contender.ts";
import { readOfEach } from "./processes.ts";

/** Linux counts in these for programs, whatever the kernel's own clock does (`USER_HZ`). */
const TICKS_PER_SECOND = 100;

/**
 * Does something, and tells what it cost a contender.
 *
 * @param contender Whose processes are looked at, those of both halves.
 * @param work What to do.
 * @returns What that returned, and the processor time, in milliseconds; nothing where there are no processes.
 */
export async function withProcessorTime<T>(
  contender: Contender,
  work: () => Promise<T>,
): Promise<{ result: T; ms: number | undefined }> {
  const before = await readMs(contender);
  const result = await work();
  const after = await readMs(contender);
  return { result, ms: before === undefined || after === undefined ? undefined : after - before };
}

async function readMs({ proxies }: Contender): Promise<number | undefined> {
  if (proxies === undefined) return undefined;
  const { host, commandLines: { inner, outer } } = proxies;
  return parseStats(await readOfEach(host, "stat", inner, outer));
}

/**
 * Sums up the processor time in one or more `/proc/PID/stat` (proc(5)): of the process and of children that have ended,
 * in the kernel and outside.
 *
 * @param text The lines.
 * @returns The sum, in milliseconds.
 */
export function parseStats(text: string): number {
  const lines = text.trim().split("\n");
  // A command's name may hold spaces and parentheses; the fields after it, from the third on, do not.
  const ticks = lines.flatMap((line) => line.slice(line.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number));
  return ticks.reduce((sum, count) => sum + count, 0) * 1000 / TICKS_PER_SECOND;
}
