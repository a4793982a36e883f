/**
 * The order of the measurements. The contenders take turns, so that other work of the machine affects all alike.
 *
 * @module
 */

import type { Lab } from "../../lab/lab.ts";
import type { Contender } from "./contender.ts";
import { makeContenders } from "./contenders.ts";
import { hold, timeStart } from "./guest_scripts.ts";
import { memoryOf } from "./memory.ts";
import { HELD, KINDS, type MetricId, type Moment, SIDES } from "./metrics.ts";
import { Samples } from "./samples.ts";
import { GATE, startServices, untilNobodyIsServed } from "./services.ts";
import { format } from "./tables.ts";
import { TRAFFIC } from "./traffic.ts";

/** How much is measured. */
export interface Extent {
  /** How often each contender is measured with each kind of traffic. */
  readonly rounds: number;
  /** How long one measurement takes, in seconds. */
  readonly seconds: number;
  /** How often each contender is started. */
  readonly starts: number;
}

/** Measures all contenders, and prints its progress. */
export async function measure(lab: Lab, extent: Extent): Promise<{ contenders: Contender[]; samples: Samples }> {
  const gate = await lab.service("gate", GATE);
  const contenders = await makeContenders(lab);
  await startServices(gate, contenders.flatMap(({ ports }) => [ports.iperf, ports.flood]));
  const samples = new Samples();
  await measureStarts(contenders, samples, extent.starts);
  await measureMemory(contenders, samples, "idle");
  for (const contender of contenders.filter(({ proxies }) => proxies)) {
    console.log(`memory: ${contender.name} with ${HELD} connections`);
    {
      await using _held = await hold(contender, HELD);
      await measureMemory([contender], samples, "held");
    }
    await untilNobodyIsServed(gate);
  }
  for (let round = 0; round < extent.rounds; round++) {
    await measureTraffic(contenders, samples, round, extent);
  }
  await measureMemory(contenders, samples, "after");
  return { contenders, samples };
}

/** Starts each contender several times. After the last start it keeps running. */
async function measureStarts(contenders: readonly Contender[], samples: Samples, starts: number): Promise<void> {
  console.log(`start to first byte: ${starts} times each`);
  for (let i = 1; i <= starts; i++) {
    for (const contender of contenders) {
      if (contender.proxies === undefined) continue;
      samples.add("start", contender.name, await timeStart(contender));
      if (i < starts) await contender.proxies.stop();
    }
  }
}

async function measureMemory(contenders: readonly Contender[], samples: Samples, moment: Moment): Promise<void> {
  for (const { name, proxies } of contenders) {
    if (proxies === undefined) continue;
    for (const side of SIDES) {
      const memory = await memoryOf(proxies.host, proxies.commandLines[side]);
      for (const kind of KINDS) samples.add(`${moment}.${side}.${kind}`, name, memory[kind]);
    }
  }
}

/** Measures each contender once with each kind of traffic. Every other round has the reverse order. */
async function measureTraffic(
  contenders: readonly Contender[],
  samples: Samples,
  round: number,
  { rounds, seconds }: Extent,
): Promise<void> {
  const order = round % 2 === 0 ? contenders : contenders.toReversed();
  for (const traffic of TRAFFIC) {
    const told: string[] = [];
    for (const contender of order) {
      if (traffic.isDetail && contender.neighbour === undefined) continue;
      const found = Object.entries(await traffic.measure(contender, seconds)) as [MetricId, number][];
      for (const [metric, value] of found) samples.add(metric, contender.name, value);
      told.push(`${contender.name} ${format(found[0]?.[1])}`);
    }
    console.log(`round ${round + 1}/${rounds}: ${traffic.label}, ${traffic.unit}: ${told.join(", ")}`);
  }
}
