/**
 * What is timed: each verb of `tproxy`, in an order in which each leaves what the next one needs.
 *
 * @module
 */

import type { Hypervisor } from "../../lab/hypervisor.ts";

/** What is timed, in the words of the report. */
export const TASKS = [
  "start, nothing runs",
  "start, nothing to do",
  "reload",
  "status",
  "status --json",
  "permissions --running",
  "restart",
  "stop",
] as const;

/** One of them. */
export type Task = (typeof TASKS)[number];

/** Does each of them once on a hypervisor, in their order. */
export function worksOf(hv: Hypervisor): Map<Task, () => Promise<unknown>> {
  const verbOf = (task: Task) => (task.split(",")[0] ?? "").split(" ");
  return new Map(TASKS.map((task) => [task, async () => {
    const { code, stderr } = await hv.tproxy(...verbOf(task));
    if (code !== 0) throw new Error(`tproxy ${task} exited with ${code}: ${stderr}`);
  }]));
}
