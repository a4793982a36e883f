/**
 * How time, memory and processes grow with the number of bridges of one hypervisor.
 *
 * @module
 */

import type { Lab } from "../../lab/lab.ts";
import { median } from "../median.ts";
import { countProcesses, type Processes } from "../setup/processes.ts";
import { addBridges, makeHypervisor } from "./hypervisor.ts";
import { memoryOfProxies, type ProxyMemory } from "./memory.ts";
import { type Task, worksOf } from "./tasks.ts";

/** How much is measured. */
export interface ScaleExtent {
  /** The numbers of bridges, in ascending order. */
  readonly sizes: readonly number[];
  /** How often each verb is timed at each number of bridges. */
  readonly rounds: number;
  /** The numbers of bridges at which processes are counted, in ascending order. */
  readonly countedSizes: readonly number[];
}

/** The results at one number of bridges. */
export interface Size {
  /** The number of bridges. */
  readonly bridges: number;
  /** How long `setup up` took for each bridge that was added, in milliseconds. */
  readonly setupUp: readonly number[];
  /** How long each verb took, in milliseconds, by round. */
  readonly times: Readonly<Partial<Record<Task, readonly number[]>>>;
  /** The memory of the proxies. */
  readonly memory: ProxyMemory;
}

/** The results at all numbers of bridges. */
export interface ScaleReport {
  /** By ascending number of bridges. */
  readonly sizes: readonly Size[];
  /** Which programs each verb starts, by number of bridges. */
  readonly processes: Readonly<Record<number, Readonly<Partial<Record<Task, Processes>>>>>;
}

/** Runs the measurements and prints the progress. */
export async function measureScale(lab: Lab, { sizes, rounds, countedSizes }: ScaleExtent): Promise<ScaleReport> {
  const hv = await makeHypervisor(lab, "hv1", "10.11.12.1");
  const found: Size[] = [];
  for (const bridges of sizes) {
    const setupUp = await addBridges(hv, found.at(-1)?.bridges ?? 0, bridges);
    console.log(`${bridges} bridges: setup up ${median(setupUp).toFixed(0)} ms each`);
    const times = new Map<Task, number[]>();
    let memory: ProxyMemory | undefined;
    for (let round = 0; round < rounds; round++) {
      for (const [task, work] of worksOf(hv)) {
        if (task === "restart") memory = await memoryOfProxies(hv.host);
        const start = performance.now();
        await work();
        times.set(task, [...times.get(task) ?? [], performance.now() - start]);
      }
    }
    for (const [task, all] of times) console.log(`  ${task}: ${all.map((ms) => ms.toFixed(0)).join(", ")} ms`);
    if (memory === undefined) throw new Error("name at least one round");
    found.push({ bridges, setupUp, times: Object.fromEntries(times), memory });
  }
  return { sizes: found, processes: await countAll(lab, countedSizes) };
}

/** Counts processes on another hypervisor, since counting slows the verbs down. */
async function countAll(lab: Lab, sizes: readonly number[]): Promise<ScaleReport["processes"]> {
  const counts: Record<number, Partial<Record<Task, Processes>>> = {};
  for (const [i, bridges] of sizes.entries()) {
    const hv = await makeHypervisor(lab, `counted${i}`, `10.11.12.${i + 2}`);
    await addBridges(hv, 0, bridges);
    counts[bridges] = Object.fromEntries(await countProcesses(hv.host, worksOf(hv)));
  }
  return counts;
}
