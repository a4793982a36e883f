/**
 * Measures the time and the processes of `setup up` and `setup down`, beside single commands that make the same kernel
 * state. The contenders take turns on one hypervisor of the lab, so that other work of the machine slows all of them
 * alike.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "../../lab/hypervisor.ts";
import type { Lab } from "../../lab/lab.ts";
import { NOTHING, numberless, stateOf } from "../../lab/state.ts";
import { type Contender, makeHypervisor, others, OURS, ours, settingsOf } from "./contenders.ts";
import { countProcesses, type Processes } from "./processes.ts";
import { type Results, type Row, rowsOf, tableOf } from "./report.ts";
import { Timings } from "./timings.ts";

/** Checks that all contenders make the same kernel state. It also fills the file system's caches. */
async function rehearse(hv: Hypervisor, all: readonly Contender[]): Promise<void> {
  let expected: string[] | undefined;
  for (const { name, tasks } of all) {
    for (const [task, work] of tasks) {
      await work();
      if (task === "up, nothing is there") {
        const state = [...numberless(await stateOf(hv)), await settingsOf(hv)];
        assert.deepEqual(state, expected ??= state, `${name} does not make the same as ${all[0]?.name}`);
      }
    }
    assert.deepEqual(await stateOf(hv), NOTHING, `${name} leaves something`);
  }
}

async function timeAll(all: readonly Contender[], rounds: number): Promise<Results> {
  const results = new Map(
    all.map((contender) => [contender, new Map([...contender.tasks.keys()].map((task) => [task, new Timings()]))]),
  );
  for (let round = 0; round < rounds; round++) {
    // Every other round runs backwards, since the kernel still removes the last namespace when the next one begins.
    for (const contender of round % 2 === 0 ? all : all.toReversed()) {
      for (const [task, work] of contender.tasks) await results.get(contender)?.get(task)?.time(work);
    }
  }
  return results;
}

/** The results of the benchmark of `setup`. */
export interface SetupReport {
  /** How often each task was done. */
  readonly rounds: number;
  /** The times. */
  readonly rows: readonly Row[];
  /** The programs that each task of ours starts. */
  readonly processes: Readonly<Record<string, Processes>>;
}

/** Runs the benchmark. */
export async function measureSetup(lab: Lab, rounds: number): Promise<SetupReport> {
  const hv = await makeHypervisor(lab, "hv1", "10.11.12.1");
  const all = [ours(hv), ...await others(hv)];
  await rehearse(hv, all);
  const results = await timeAll(all, rounds);
  const counted = await makeHypervisor(lab, "hv2", "10.11.12.2");
  const processes = await countProcesses(counted.host, ours(counted).tasks);
  return { rounds, rows: rowsOf(results, processes), processes: Object.fromEntries(processes) };
}

/** Renders the results. */
export function describeSetup({ rounds, rows, processes }: SetupReport): string {
  const counts = Object.entries(processes).flatMap(([task, programs]) => {
    const started = Object.entries(programs).map(([name, count]) => `${count} ${name}`);
    return started.length > 0 ? [`${OURS}, ${task}: itself, ${started.join(", ")}`] : [];
  });
  return `setup, ${rounds} rounds\n\n${tableOf(rows)}\n\n${counts.join("\n")}`;
}
