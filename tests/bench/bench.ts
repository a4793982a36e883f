/**
 * `bench [--quick]`: how long `setup up` and `setup down` take, and how many processes, beside the same kernel state made
 * by single commands. All of it in turns on one hypervisor of the lab, so that whatever else the machine does slows all
 * of it down alike.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { Lab } from "../lab/lab.ts";
import { NOTHING, numberless, stateOf } from "../lab/state.ts";
import { type Contender, makeHypervisor, others, OURS, ours, settingsOf } from "./contenders.ts";
import { countProcesses } from "./processes.ts";
import { type Results, rowsOf, tableOf } from "./report.ts";
import { Timings } from "./timings.ts";

const REPORT = new URL("../../.build/bench.json", import.meta.url).pathname;

function roundsOf(args: readonly string[]): number {
  if (args.length === 0) return 15;
  if (args.length === 1 && args[0] === "--quick") return 5;
  throw new Error("name nothing or --quick");
}

/** Sees to it that all of them make the same of the kernel. It also fills the file system's caches. */
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
    // Every other round backwards, since the kernel still clears the last namespace away when the next one begins.
    for (const contender of round % 2 === 0 ? all : all.toReversed()) {
      for (const [task, work] of contender.tasks) await results.get(contender)?.get(task)?.time(work);
    }
  }
  return results;
}

async function main(): Promise<void> {
  const rounds = roundsOf(Deno.args);
  await using lab = await Lab.create();
  const hv = await makeHypervisor(lab, "hv1", "10.11.12.1");
  const all = [ours(hv), ...await others(hv)];
  await rehearse(hv, all);
  const results = await timeAll(all, rounds);
  const counted = await makeHypervisor(lab, "hv2", "10.11.12.2");
  const processes = await countProcesses(counted.host, ours(counted));
  const rows = rowsOf(results, processes);
  const machine = (await hv.host.text(["uname", "-srm"])).trim();
  console.log(`${machine}, ${rounds} rounds\n\n${tableOf(rows)}\n`);
  for (const [task, programs] of processes) {
    const counts = Object.entries(programs).map(([name, count]) => `${count} ${name}`);
    if (counts.length > 0) console.log(`${OURS}, ${task}: itself, ${counts.join(", ")}`);
  }
  const report = { date: new Date().toISOString(), machine, rounds, rows, processes: Object.fromEntries(processes) };
  await Deno.writeTextFile(REPORT, `${JSON.stringify(report, undefined, 1)}\n`);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
}
