/**
 * What a VM's deploy waits for: the programs of the distribution, run as a network driver runs them, in turns with an empty program
 * of the same runtime under the same flags.
 *
 * @module
 */

import settings from "../../../deno.json" with { type: "json" };
import type { Host } from "../../lab/host.ts";
import type { Hypervisor } from "../../lab/hypervisor.ts";
import type { Lab } from "../../lab/lab.ts";
import { makeHypervisor } from "../../lab/scenario.ts";
import { align } from "../align.ts";
import { median } from "../median.ts";
import { countProcesses } from "../setup/processes.ts";
import { lineOf, type Timed, timed } from "../timed.ts";
import { type Step, stepsOf, type Way } from "./steps.ts";

/** The distribution, which is made before the lab is entered. */
const DIST = new URL(`../../../.build/dist/one-tproxy-${settings.version}-linux-x86_64`, import.meta.url).pathname;

/** How often everything is done. */
export interface DeployExtent {
  /** Rounds of single commands. */
  readonly rounds: number;
  /** Rounds of whole sequences. */
  readonly sequences: number;
}

/** What one step took, in the middle of all rounds. */
export interface DeployRow {
  /** What was done. */
  readonly step: string;
  /** By which way, with how many NICs. */
  readonly way: string;
  /** How long the driver waits, in milliseconds. */
  readonly wallMs: number;
  /** Processor time of all processes that the driver waits for, in milliseconds. */
  readonly cpuMs: number;
  /** Processor time in units of the empty program's. */
  readonly toEmpty: number;
  /** Programs of ours and of the system's that were started; a launcher is a shell, `readlink` and the runtime. */
  readonly processes: number;
}

/** A step with what its rounds took. */
interface Measured {
  readonly step: Step;
  readonly way: string;
  readonly wall: number[];
  readonly cpu: number[];
}

/** How many processes one of our commands is itself: a launcher is a shell, which stays beside the runtime, and `readlink`. */
const LAUNCHED = 3;

/** Does what the driver does before a step. */
async function prepareFor(host: Host, { before }: Step): Promise<void> {
  if (before !== undefined) await host.text(["sh", "-c", before]);
}

/** Runs a step, and measures it. */
function timeOf(host: Host, { command, input }: Step): Promise<Timed> {
  return timed(host, lineOf(command), input);
}

/** Makes a hypervisor with bridges, whose configuration is old enough to be noted. */
async function prepare(lab: Lab, number: number): Promise<Hypervisor> {
  const hv = await makeHypervisor(lab, undefined, number);
  for (let i = 1; i < 8; i++) await hv.bridge(`br${i}`);
  await hv.host.write("/run/empty.js", "Deno.exit(0);\n");
  await hv.host.text(["sleep", "2.1"]);
  return hv;
}

/** Measures it. */
export async function measureDeploy(lab: Lab, extent: DeployExtent): Promise<readonly DeployRow[]> {
  const hv = await prepare(lab, 1);
  const ways: readonly (readonly [Way, number, number])[] = [
    ["verbs", 1, extent.rounds],
    ...(["full", "hooks"] as const).flatMap((way) => [1, 8].map((nics) => [way, nics, extent.sequences] as const)),
  ];
  const measured = new Map<string, Measured>();
  for (const [way, nics, rounds] of ways) {
    for (let round = 0; round < rounds; round++) {
      for (const step of stepsOf(DIST, way, nics)) {
        const name = way === "verbs" ? "" : `${way}, ${nics} NIC${nics === 1 ? "" : "s"}`;
        const key = `${name} ${step.name}`;
        await prepareFor(hv.host, step);
        const { wall, cpu } = await timeOf(hv.host, step);
        const entry = measured.get(key) ?? { step, way: name, wall: [], cpu: [] };
        entry.wall.push(wall);
        entry.cpu.push(cpu);
        measured.set(key, entry);
      }
    }
  }
  const counted = await prepare(lab, 2);
  const steps = new Map([...measured.values()].map(({ step }) => [step, () => timeOf(counted.host, step)]));
  const counts = await countProcesses(counted.host, steps, (step) => prepareFor(counted.host, step));
  const empty = median(measured.get(" an empty program")?.cpu ?? []);
  return [...measured.values()].map(({ step, way, wall, cpu }) => {
    const launched = step.command[0]?.startsWith(`${DIST}/bin/`) ? LAUNCHED : 1;
    return {
      step: step.name,
      way,
      wallMs: median(wall),
      cpuMs: median(cpu),
      toEmpty: median(cpu) / empty,
      processes: Object.values(counts.get(step) ?? {}).reduce((sum, count) => sum + count, launched),
    };
  });
}

/** Tells it as a table. */
export function describeDeploy(rows: readonly DeployRow[]): string {
  const head = ["step", "by", "wall ms", "processor ms", "÷ empty", "processes"];
  const body = rows.map(({ step, way, wallMs, cpuMs, toEmpty, processes }) => [
    ...[step, way, wallMs.toFixed(0), cpuMs.toFixed(0), toEmpty.toFixed(1), String(processes)],
  ]);
  return align([head, ...body], 2);
}
