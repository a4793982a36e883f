/**
 * The timed tasks: each verb of `tproxy`, in an order in which each verb leaves the state that the next one needs.
 *
 * @module
 */

import type { Hypervisor } from "../../lab/hypervisor.ts";
import { addBridges, removeBridge } from "./hypervisor.ts";

/** The names of the tasks in the report. */
export const TASKS = [
  "start, nothing runs",
  "start, nothing to do",
  "start, one more bridge",
  "reload",
  "status",
  "status --json",
  "permissions --running",
  "restart",
  "stop",
] as const;

/** The name of a task. */
export type Task = (typeof TASKS)[number];

/** A task. */
export interface Work {
  /** The command line. */
  readonly argv: readonly string[];
  /** What makes the state for it, and what takes that away again; neither is measured. */
  readonly prepare?: () => Promise<unknown>;
  readonly finish?: () => Promise<unknown>;
}

/** The tasks on a hypervisor with a number of bridges, in order. */
export function worksOf(hv: Hypervisor, bridges: number): Map<Task, Work> {
  const argvOf = (task: Task) => hv.tproxyArgv(...(task.split(",")[0] ?? "").split(" "));
  const oneMore = {
    prepare: () => addBridges(hv, bridges, bridges + 1),
    finish: async () => {
      await removeBridge(hv, bridges);
      await hv.control("start");
    },
  };
  return new Map(TASKS.map((task) => {
    return [task, { argv: argvOf(task), ...(task === "start, one more bridge" ? oneMore : {}) }];
  }));
}
