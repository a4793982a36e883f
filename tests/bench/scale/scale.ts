/**
 * How time, memory and processes grow with the number of bridges of one hypervisor.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { processorMsOf } from "../data_path/processes.ts";
import { median } from "../median.ts";
import { countProcesses, type Processes } from "../setup/processes.ts";
import { lineOf, type Timed, timed } from "../timed.ts";
import { addBridges, makeHypervisor } from "./hypervisor.ts";
import { memoryOfProxies, type ProxyMemory } from "./memory.ts";
import { type Task, type Work, worksOf } from "./tasks.ts";
import { idleWatchPercent } from "./watch.ts";

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
  /** What each verb took, by round. The processor time includes that of the proxies meanwhile. */
  readonly times: Readonly<Partial<Record<Task, readonly Timed[]>>>;
  /** How many percent of a core `watch` takes with its programs while nothing changes. */
  readonly watch: number;
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
    const times = new Map<Task, Timed[]>();
    let watch = NaN;
    let memory: ProxyMemory | undefined;
    for (let round = 0; round < rounds; round++) {
      for (const [task, work] of worksOf(hv, bridges)) {
        if (task === "restart") {
          memory = await memoryOfProxies(hv.host);
          if (round === 0) watch = await idleWatchPercent(hv, bridges);
        }
        times.set(task, [...times.get(task) ?? [], await measure(hv.host, work)]);
      }
    }
    for (const [task, all] of times) {
      console.log(`  ${task}: ${all.map(({ wall, cpu }) => `${wall.toFixed(0)} (${cpu.toFixed(0)})`).join(", ")} ms`);
    }
    console.log(`  watch: ${watch.toFixed(2)} % of a core`);
    if (memory === undefined) throw new Error("name at least one round");
    found.push({ bridges, setupUp, times: Object.fromEntries(times), watch, memory });
  }
  return { sizes: found, processes: await countAll(lab, countedSizes) };
}

const PROXIES = /^one_tproxy/;

/** Does a task and measures it, with the processor time of all proxies that there are then. */
async function measure(host: Host, { argv, prepare, finish }: Work): Promise<Timed> {
  await prepare?.();
  const before = await processorMsOf(host, PROXIES);
  const { wall, cpu } = await timed(host, lineOf(argv));
  const after = await processorMsOf(host, PROXIES);
  await finish?.();
  // A proxy that has ended took nothing, or little, of what was measured.
  const proxies = [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
  return { wall, cpu: cpu + proxies };
}

/** Counts processes on another hypervisor, since counting slows the verbs down. */
async function countAll(lab: Lab, sizes: readonly number[]): Promise<ScaleReport["processes"]> {
  const counts: Record<number, Partial<Record<Task, Processes>>> = {};
  for (const [i, bridges] of sizes.entries()) {
    const hv = await makeHypervisor(lab, `counted${i}`, `10.11.12.${i + 2}`);
    await addBridges(hv, 0, bridges);
    // Not those of tasks for which a bridge has to be set up, which would be counted, too.
    const works = [...worksOf(hv, bridges)].filter(([, { prepare }]) => prepare === undefined);
    const tasks = new Map(works.map(([task, { argv }]) => [task, () => timed(hv.host, lineOf(argv))]));
    counts[bridges] = Object.fromEntries(await countProcesses(hv.host, tasks));
  }
  return counts;
}
