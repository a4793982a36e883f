/**
 * `bench [--deploy|--scale] [--quick]`: measures `setup`, and the data path beside other proxies and no proxy, in the lab. With
 * `--deploy`, it measures what a VM's deploy waits for; with `--scale`, how all of it grows with the number of bridges. It
 * prints tables, and writes a picture and all numbers to `.build`.
 *
 * @module
 */

import { text } from "../../packaging/command.ts";
import { Lab } from "../lab/lab.ts";
import { type Extent, measure } from "./data_path/run.ts";
import { pictureOf } from "./data_path/picture.ts";
import { tableOfMedians, tableOfVerdicts } from "./data_path/tables.ts";
import { judge } from "./data_path/targets.ts";
import { type DeployExtent, describeDeploy, measureDeploy } from "./deploy/deploy.ts";
import { describeScale } from "./scale/report.ts";
import { measureScale, type ScaleExtent } from "./scale/scale.ts";
import { describeSetup, measureSetup } from "./setup/setup.ts";

const BUILD = new URL("../../.build/", import.meta.url).pathname;

interface Extents {
  readonly setupRounds: number;
  readonly path: Extent;
  readonly scale: ScaleExtent;
  readonly deploy: DeployExtent;
}

const FULL: Extents = {
  setupRounds: 15,
  path: { rounds: 5, seconds: 2, starts: 5 },
  scale: { sizes: [1, 10, 50, 100, 250], rounds: 1, countedSizes: [1, 25] },
  deploy: { rounds: 9, sequences: 3 },
};
const QUICK: Extents = {
  setupRounds: 3,
  path: { rounds: 1, seconds: 1, starts: 1 },
  scale: { sizes: [1, 10, 25], rounds: 1, countedSizes: [1, 10] },
  deploy: { rounds: 3, sequences: 1 },
};

const OPTIONS = new Set(["--deploy", "--scale", "--quick"]);

/** Runs some work in a lab of its own. */
async function inLab<T>(work: (lab: Lab) => Promise<T>): Promise<T> {
  await using lab = await Lab.create();
  return await work(lab);
}

/** The machine and the versions that were measured. */
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
  if (Deno.args.some((arg) => !OPTIONS.has(arg))) {
    throw new Error("name nothing, --deploy or --scale, and --quick or not");
  }
  const extents = Deno.args.includes("--quick") ? QUICK : FULL;
  const date = new Date().toISOString();
  const machine = await describeMachine();
  console.log(`${Object.entries(machine).map(([key, value]) => `${key}: ${value}`).join("\n")}\n`);
  const measured = Deno.args.includes("--deploy")
    ? await deploy(extents)
    : Deno.args.includes("--scale")
    ? await scale(extents)
    : await paths(extents, date, machine);
  await Deno.writeTextFile(`${BUILD}bench.json`, `${JSON.stringify({ date, machine, ...measured }, undefined, 1)}\n`);
}

/** Measures what a VM's deploy waits for. */
async function deploy({ deploy }: Extents): Promise<object> {
  const rows = await inLab((lab) => measureDeploy(lab, deploy));
  console.log(`\n${describeDeploy(rows)}`);
  return { deploy: { ...deploy, rows } };
}

/** Measures the cost of many bridges. */
async function scale({ scale }: Extents): Promise<object> {
  const report = await inLab((lab) => measureScale(lab, scale));
  console.log(`\n${describeScale(report)}`);
  return { scale: { rounds: scale.rounds, ...report } };
}

/** Measures `setup` and the data path of one bridge. */
async function paths(
  extents: Extents,
  date: string,
  machine: Readonly<Record<string, string | number>>,
): Promise<object> {
  const setup = await inLab((lab) => measureSetup(lab, extents.setupRounds));
  console.log(`${describeSetup(setup)}\n`);
  const { contenders, samples } = await inLab((lab) => measure(lab, extents.path));
  const names = contenders.map(({ name }) => name);
  const targets = judge(samples);
  const { rounds, seconds } = extents.path;
  const caption = `Medians of ${rounds} × ${seconds} s each, ${date.slice(0, 10)}, ${machine["kernel"]}`;
  console.log(`\n${caption}\n\n${tableOfMedians(samples, names)}\n\n${tableOfVerdicts(targets)}`);
  await Deno.writeTextFile(`${BUILD}bench.svg`, pictureOf(samples, names, caption));
  return { setup, dataPath: { ...extents.path, targets, samples } };
}

try {
  await main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
}
