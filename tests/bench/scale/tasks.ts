/**
 * The timed tasks: each verb of `tproxy`, in an order in which each verb leaves the state that the next one needs.
 *
 * @module
 */

import type { Hypervisor } from "../../lab/hypervisor.ts";

/** The names of the tasks in the report. */
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

/** The name of a task. */
export type Task = (typeof TASKS)[number];

/** Does each task once on a hypervisor, in order. */
export function worksOf(hv: Hypervisor): Map<Task, () => Promise<unknown>> {
  const verbOf = (task: Task) => (task.split(",")[0] ?? "").split(" ");
  return new Map(TASKS.map((task) => [task, async () => {
    const { code, stderr } = await hv.tproxy(...verbOf(task));
    if (code !== 0) throw new Error(`tproxy ${task} exited with ${code}: ${stderr}`);
  }]));
}
