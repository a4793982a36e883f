/**
 * What `tproxy watch` takes while nothing changes.
 *
 * @module
 */

import { delay } from "../../../lib/delay.ts";
import { pauseAfter } from "../../../lib/watch/quick_look.ts";
import { until } from "../../../packaging/command.ts";
import type { Hypervisor } from "../../lab/hypervisor.ts";
import { processesOf, readOfEach } from "../data_path/processes.ts";

/** How long it is measured at least, in milliseconds: for as long as from one look at names to the next. */
const SPAN_MS = 30_000;

const WATCH = /\/cmd\/watch\.ts /;

/** Runs it, and tells how many percent of a core it takes with the programs that it runs. */
export async function idleWatchPercent(hv: Hypervisor, bridges: number): Promise<number> {
  const watch = hv.startWatch();
  // Its first pass looks into each namespace.
  await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));
  await delay(SPAN_MS / 2);
  const [before, from] = [await processorMs(hv), performance.now()];
  // From one pass to the next, so that one is in it.
  await delay(Math.max(SPAN_MS, pauseAfter(true, bridges)));
  const percent = 100 * (await processorMs(hv) - before) / (performance.now() - from);
  await hv.host.text(["kill", ...(await processesOf(hv.host, WATCH)).map(String)]);
  await watch.ended();
  return percent;
}

/** Its processor time and that of the programs that have ended, in milliseconds. */
async function processorMs(hv: Hypervisor): Promise<number> {
  const line = (await readOfEach(hv.host, "stat", WATCH)).trim().split("\n").at(-1) ?? "";
  const ticks = line.slice(line.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
  return 10 * ticks.reduce((sum, each) => sum + each, 0);
}
