/**
 * The processor time of a contender's processes. Other work of the machine affects it less than it affects rates.
 *
 * @module
 */

import type { Contender } from "./contender.ts";
import { readOfEach } from "./processes.ts";

/** The unit of times in /proc (`USER_HZ`), which does not depend on the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/**
 * Measures the processor time that a contender takes while something is done.
 *
 * @param contender The contender. The processes of both halves count.
 * @param work What to do.
 * @returns The result of the work, and the processor time in milliseconds; `undefined` if there are no processes.
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
 * Adds up the processor time in one or more `/proc/PID/stat` (proc(5)): user and system time of the process, and of
 * children that have ended.
 *
 * @param text The lines.
 * @returns The sum, in milliseconds.
 */
export function parseStats(text: string): number {
  const lines = text.trim().split("\n");
  // A command's name may have spaces and parentheses; the fields after it have none.
  const ticks = lines.flatMap((line) => line.slice(line.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number));
  return ticks.reduce((sum, count) => sum + count, 0) * 1000 / TICKS_PER_SECOND;
}
