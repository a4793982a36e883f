/**
 * The processes of a host, and their files in /proc.
 *
 * @module
 */

import { until } from "../../../packaging/command.ts";
import type { Host } from "../../lab/host.ts";

/** Finds a host's processes that have one of the command lines, in the order of their IDs. */
export async function processesOf(host: Pick<Host, "text">, ...commandLines: readonly RegExp[]): Promise<number[]> {
  const lines = (await host.text(["ps", "-eo", "pid=,args="])).split("\n");
  return lines.flatMap((line) => {
    const [, pid, args = ""] = /^ *(\d+) (.*)$/.exec(line) ?? [];
    return commandLines.some((commandLine) => commandLine.test(args)) ? [Number(pid)] : [];
  }).toSorted((a, b) => a - b);
}

/**
 * Reads a file in /proc of each process that has one of the command lines, of parents before their children.
 *
 * WHY it reads all of them again if one has ended meanwhile: when a child ends, its processor time is added to its
 * parent's. If the child ended after its parent was read, the sum would miss the child's time.
 *
 * @param host The host.
 * @param file The name of the file, for example `stat`.
 * @param commandLines Match the command lines.
 * @returns The contents of all files.
 * @throws {Error} If there is no such process.
 */
export async function readOfEach(
  host: Pick<Host, "text" | "run">,
  file: string,
  ...commandLines: readonly RegExp[]
): Promise<string> {
  return await until(`/proc/PID/${file} can be read of all ${commandLines.join(" and ")}`, async () => {
    const pids = await processesOf(host, ...commandLines);
    if (pids.length === 0) throw new Error(`No process matches ${commandLines.join(" or ")}`);
    const { code, stdout } = await host.run(["cat", ...pids.map((pid) => `/proc/${pid}/${file}`)]);
    return code === 0 && stdout;
  });
}

/** The processor time of each process that has one of the command lines, in milliseconds, by process ID. */
export async function processorMsOf(
  host: Pick<Host, "text" | "run">,
  ...commandLines: readonly RegExp[]
): Promise<Map<number, number>> {
  if ((await processesOf(host, ...commandLines)).length === 0) return new Map();
  const lines = (await readOfEach(host, "stat", ...commandLines)).trim().split("\n");
  return new Map(lines.map((line) => {
    // A tick is 10 ms on Linux (proc_pid_stat(5)). A name in parentheses may have spaces.
    const [utime = NaN, stime = NaN] = line.slice(line.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return [parseInt(line), 10 * (utime + stime)];
  }));
}
