/**
 * `enter demo|inner|outer|test|release|vm|bench [ARGS…]`: gets a machine ready, enters network, mount and process
 * namespaces of its own, and runs the demo, one proxy by hand, the tests (for `release NAME` those of the lab, in a
 * root of that release of Debian), those with virtual machines or the benchmark there. Nothing that happens inside
 * reaches the machine, and all of it ends with this process.
 *
 * @module
 */

import { COMMAND_PROGRAMS } from "../../lib/permissions/verbs.ts";
import { bundleDaemons } from "../../packaging/bundle.ts";
import { runHere } from "../../packaging/command.ts";
import { prepareMachines } from "../vm/prepare.ts";
import { buildFor } from "./build.ts";
import { chooseFiles } from "./choose_files.ts";
import { LAB_FLAGS } from "./flags.ts";
import { findNamespaces } from "./namespaces.ts";
import { prepareRelease } from "./release_root.ts";
import { add, NONE } from "./results.ts";
import { runFiles } from "./run_files.ts";
import { BENCH_TOOLS, DEMO_TOOLS, ensureTools, TEST_TOOLS, VM_TOOLS } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Folders that each host of a lab has of its own, so that it can't see a checkout in them. */
const HIDDEN = /^\/(?:run|var\/log|var\/tmp)\//;

/** Programs that are not bundled: their packages are fetched while there is a network. */
const PROGRAMS = COMMAND_PROGRAMS.map((program) => `cmd/${program}.ts`);

/** What has to be installed for each. */
const TOOLS = {
  ...{ demo: DEMO_TOOLS, inner: DEMO_TOOLS, outer: DEMO_TOOLS, bench: BENCH_TOOLS },
  ...{ test: TEST_TOOLS, release: TEST_TOOLS, vm: VM_TOOLS },
};

/** What runs in the lab, other than tests. */
const SHOWS = {
  demo: ["tests/demo/demo.ts"],
  inner: ["tests/lab/by_hand.ts", "inner"],
  outer: ["tests/lab/by_hand.ts", "outer"],
  bench: ["tests/bench/bench.ts"],
};

/** Files that run alone: they need the whole machine, or use what its kernel shares among network namespaces. */
const ALONE = /^tests\/(?:vm\/|faults\/syn_flood)/;

/** How many labs there are at once: each waits for half of its time. */
const AT_ONCE = navigator.hardwareConcurrency + 1;

/** A file that hangs must not block the others; the longest takes minutes. */
const DEADLINE = ["/usr/bin/timeout", "--signal=KILL", "1200"];

/** Where unit tests are beside their source, and examples in its documentation. */
const UNIT_FOLDERS = ["cmd/", "lib/", "packaging/", "mod.ts"];

/** Unit tests may do nothing at all; the YAML library asks for two variables that hold nothing. */
const UNIT_FLAGS = [
  "--parallel",
  "--doc",
  "--no-prompt",
  "--cached-only",
  "--frozen",
  "--allow-env=LOG_STREAM,LOG_TOKENS",
];

async function main(): Promise<number> {
  const [what, ...args] = Deno.args;
  if (!isTask(what)) throw new Error(`name one of ${Object.keys(TOOLS).join(", ")}`);
  if (HIDDEN.test(ROOT)) {
    throw new Error(`the checkout is in ${ROOT}, which the lab hides; move it, for example to /opt`);
  }
  const isRoot = Deno.uid() === 0;
  // Without root there are no virtual machines: their tests say so and are skipped.
  const machines = what === "vm" && isRoot;
  await ensureTools(what === "vm" && !isRoot ? DEMO_TOOLS : TOOLS[what], isRoot);
  const namespaces = await findNamespaces(isRoot);
  const fetched = await runHere([Deno.execPath(), "cache", "--quiet", "--frozen", "--no-check", ...PROGRAMS]);
  if (fetched !== 0) return fetched;
  await bundleDaemons();
  if (machines) await prepareMachines();
  if (what === "demo" || what === "inner" || what === "outer" || what === "bench") {
    if (args.includes("--deploy")) {
      const made = await runHere([Deno.execPath(), "task", "--quiet", "dist"]);
      if (made !== 0) return made;
    }
    const writes = what === "bench" ? [`--allow-write=${ROOT}.build/bench.json,${ROOT}.build/bench.svg`] : [];
    return await runHere([...namespaces, Deno.execPath(), "run", ...LAB_FLAGS, ...writes, ...SHOWS[what], ...args]);
  }
  const [release, ...ofRelease] = args;
  const chosen = { test: args, release: ofRelease, vm: ["tests/vm/", ...args] }[what];
  // Once for all runs: types of the named files, or of all modules. It also fetches the packages of the tests.
  const checked = await runHere([
    Deno.execPath(),
    "check",
    "--quiet",
    "--frozen",
    ...(await chooseFiles(chosen)).files,
  ]);
  if (checked !== 0) return checked;
  if (what === "release" && !isRoot) throw new Error("the root of a release is made by root; run it with sudo");
  const inRelease = what === "release" ? [...namespaces, ...await prepareRelease(release)] : [];
  if (what !== "vm" || machines) {
    // The archive's bytes depend on tar and gzip, so the release's own pack it.
    const built = await buildFor(chosen, inRelease);
    if (built !== 0) return built;
  }
  if (what !== "release") return await test(namespaces, chosen);
  return await test(inRelease, chosen.length > 0 ? chosen : ["tests/"]);
}

function isTask(what: string | undefined): what is keyof typeof TOOLS {
  return what !== undefined && Object.hasOwn(TOOLS, what);
}

/**
 * Runs the unit tests, then those of the lab; given files or options, only the lab's, with these. Those with virtual
 * machines are a run of their own.
 */
async function test(namespaces: readonly string[], args: readonly string[]): Promise<number> {
  const named = await chooseFiles(args);
  const all = named.files.length > 0 ? named : await chooseFiles(["tests/", ...args]);
  const files = all.files.filter((file) => !file.startsWith("tests/vm/") || args.includes("tests/vm/"));
  const units = (_: string, results: string) => denoTest(UNIT_FLAGS, results, ...UNIT_FOLDERS);
  const lab = (file: string, results: string) => {
    return [...namespaces, ...DEADLINE, ...denoTest(LAB_FLAGS, results, file), ...all.options];
  };
  const isAlone = (file: string) => ALONE.test(file);
  let totals = NONE;
  if (args.length === 0) totals = await runFiles([UNIT_FOLDERS.join(" ")], { argv: units, atOnce: 1 });
  totals = add(totals, await runFiles(files.filter((file) => !isAlone(file)), { argv: lab, atOnce: AT_ONCE }));
  totals = add(totals, await runFiles(files.filter(isAlone), { argv: lab, atOnce: 1 }));
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  // What a filter leaves out is among the skipped; a filter that leaves nothing is a mistake.
  const isNothing = totals.passed === 0 && (totals.skipped === 0 || all.options.length > 0);
  return totals.failed > 0 || isNothing ? 1 : 0;
}

function denoTest(flags: readonly string[], results: string, ...paths: string[]): string[] {
  return [Deno.execPath(), "test", "--trace-leaks", "--no-check", `--junit-path=${results}`, ...flags, ...paths];
}

// On Ctrl-C the terminal tells the child itself, which takes everything down before it ends.
Deno.addSignalListener("SIGINT", () => {});
try {
  Deno.exit(await main());
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
