/**
 * `bench [--quick]`: measures `setup`, and the data path beside other proxies and none, in the lab. It prints tables, and
 * writes all numbers and a picture to `.build`.
 *
 * @module
 */

import { text } from "../lab/command.ts";
import { Lab } from "../lab/lab.ts";
import { type Extent, measure } from "./data_path/run.ts";
import { pictureOf } from "./data_path/picture.ts";
import { tableOfMedians, tableOfVerdicts } from "./data_path/tables.ts";
import { judge } from "./data_path/targets.ts";
import { describeSetup, measureSetup } from "./setup/setup.ts";

const BUILD = new URL("../../.build/", import.meta.url).pathname;

interface Extents {
  readonly setupRounds: number;
  readonly path: Extent;
}

const FULL: Extents = { setupRounds: 15, path: { rounds: 7, seconds: 2, starts: 5 } };
const QUICK: Extents = { setupRounds: 3, path: { rounds: 1, seconds: 1, starts: 1 } };

function extentsOf(args: readonly string[]): Extents {
  if (args.length === 0) return FULL;
  if (args.length === 1 && args[0] === "--quick") return QUICK;
  throw new Error("name nothing or --quick");
}

/** Does something in a lab of its own. */
async function inLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  await using lab = await Lab.create();
  return await work(lab);
}

/** What the numbers hold for. */
async function describeMachine(): Promise<Record<string, string | number>> {
  const first = async (...argv: string[]) => (await text(["/usr/bin/unshare", ...argv])).split("\n")[0] ?? "";
  return {
    kernel: await first("uname", "-srm"),
    processors: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    haproxy: await first("haproxy", "-v"),
    iperf3: await first("iperf3", "--version"),
  };
}

async function main(): Promise<void> {
  const extents = extentsOf(Deno.args);
  const date = new Date().toISOString();
  const machine = await describeMachine();
  console.log(`${Object.entries(machine).map(([key, value]) => `${key}: ${value}`).join("\n")}\n`);
  const setup = await inLab((lab) => measureSetup(lab, extents.setupRounds));
  console.log(`${describeSetup(setup)}\n`);
  const { contenders, samples } = await inLab((lab) => measure(lab, extents.path));
  const names = contenders.map(({ name }) => name);
  const targets = judge(samples);
  const { rounds, seconds } = extents.path;
  const caption = `Medians of ${rounds} × ${seconds} s each, ${date.slice(0, 10)}, ${machine["kernel"]}`;
  console.log(`\n${caption}\n\n${tableOfMedians(samples, names)}\n\n${tableOfVerdicts(targets)}`);
  const report = { date, machine, setup, dataPath: { ...extents.path, targets, samples } };
  await Deno.writeTextFile(`${BUILD}bench.json`, `${JSON.stringify(report, undefined, 1)}\n`);
  await Deno.writeTextFile(`${BUILD}bench.svg`, pictureOf(samples, names, caption));
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
}
