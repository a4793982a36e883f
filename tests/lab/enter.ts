/**
 * `enter demo|test|release|vm|bench [ARGS…]`: gets a machine ready, enters network, mount and process namespaces of its
 * own, and runs the demo, the tests (for `release NAME` those of the lab, in a root of that release of Debian), those with
 * virtual machines or the benchmark there. Nothing that happens inside reaches the machine, and all of it ends with this
 * process.
 *
 * @module
 */

import { bundleDaemons } from "../../packaging/bundle.ts";
import { prepareMachines } from "../vm/prepare.ts";
import { chooseFiles } from "./choose_files.ts";
import { findNamespaces } from "./namespaces.ts";
import { add, runFiles, type Totals } from "./run_files.ts";
import { prepareRelease } from "./release_root.ts";
import { prepareBase } from "./system_root.ts";
import { BENCH_TOOLS, DEMO_TOOLS, ensureTools, TEST_TOOLS, VM_TOOLS } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Folders that a lab's hosts have to themselves, so that a checkout in them would be out of their sight. */
const HIDDEN = /^\/(?:run|var\/log|var\/tmp)\//;

/** What a lab runs that is not bundled: its packages are fetched while there is a network. */
const PROGRAMS = ["cmd/setup.ts", "cmd/tproxy.ts"];

/** What may be run inside: the two that make and enter namespaces, and the three that look after them. */
const LAB_PROGRAMS = ["/usr/bin/nsenter", "/usr/bin/unshare", "/usr/bin/ps", "/usr/sbin/ip", "/usr/bin/kill"];

const LAB_FLAGS = [
  "--no-prompt",
  "--cached-only",
  "--frozen",
  `--allow-run=${LAB_PROGRAMS.join(",")}`,
  `--allow-read=${ROOT}`,
];

/** What has to be installed for each. */
const TOOLS = { demo: DEMO_TOOLS, test: TEST_TOOLS, release: TEST_TOOLS, vm: VM_TOOLS, bench: BENCH_TOOLS };

/** Files that run by themselves: they take all of the machine, or what its kernel shares among network namespaces. */
const ALONE = /^tests\/(?:vm\/|faults\/syn_flood)/;

/** How many labs there are at once. */
const AT_ONCE = navigator.hardwareConcurrency;

/** A file that hangs must not take the others' time with it; the longest takes minutes. */
const DEADLINE = ["/usr/bin/timeout", "--signal=KILL", "1200"];

/** Where unit tests are beside their source. */
const UNIT_FOLDERS = ["cmd/", "lib/", "packaging/"];

/** Unit tests may do nothing at all; the YAML library asks for two variables that hold nothing. */
const UNIT_FLAGS = ["--no-prompt", "--cached-only", "--frozen", "--allow-env=LOG_STREAM,LOG_TOKENS"];

async function main(): Promise<number> {
  const [what, ...args] = Deno.args;
  if (!isTask(what)) throw new Error(`name one of ${Object.keys(TOOLS).join(", ")}`);
  if (HIDDEN.test(ROOT)) {
    throw new Error(`the checkout is in ${ROOT}, which the lab hides; move it, for example to /opt`);
  }
  const isRoot = Deno.uid() === 0;
  // Without root there are no virtual machines: nothing to make, and tests that say so and are skipped.
  const machines = what === "vm" && isRoot;
  await ensureTools(what === "vm" && !isRoot ? DEMO_TOOLS : TOOLS[what], isRoot);
  const namespaces = await findNamespaces(isRoot);
  const fetched = await deno([Deno.execPath(), "cache", "--quiet", "--frozen", "--no-check", ...PROGRAMS]);
  if (fetched !== 0) return fetched;
  await bundleDaemons();
  if (machines) await prepareMachines();
  if (what === "demo") return await deno([...namespaces, Deno.execPath(), "run", ...LAB_FLAGS, "tests/demo/demo.ts"]);
  if (what === "bench") {
    const flags = [...LAB_FLAGS, `--allow-write=${ROOT}.build/bench.json,${ROOT}.build/bench.svg`];
    return await deno([...namespaces, Deno.execPath(), "run", ...flags, "tests/bench/bench.ts", ...args]);
  }
  const [release, ...ofRelease] = args;
  const chosen = { test: args, release: ofRelease, vm: ["tests/vm/", ...args] }[what];
  // Once for all runs, and of all modules where no file is named; it fetches what only tests need, too.
  const checked = await deno([Deno.execPath(), "check", "--quiet", "--frozen", ...(await chooseFiles(chosen)).files]);
  if (checked !== 0) return checked;
  if (what === "release" && !isRoot) throw new Error("the root of a release is made by root; run it with sudo");
  const inRelease = what === "release" ? [...namespaces, ...await prepareRelease(release)] : [];
  if (what !== "vm" || machines) {
    // The archive's bytes depend on tar and gzip, so those of the release pack it.
    const built = await build(chosen, inRelease);
    if (built !== 0) return built;
  }
  if (what !== "release") return await test(namespaces, chosen);
  return await test(inRelease, chosen.length > 0 ? chosen : ["tests/"]);
}

function isTask(what: string | undefined): what is keyof typeof TOOLS {
  return what !== undefined && Object.hasOwn(TOOLS, what);
}

/** What some of the tests are about, and takes its time: it is made only for them, while there is a network. */
const BUILDS: readonly { readonly task: string; readonly tests: RegExp; readonly mayFail?: true }[] = [
  { task: "dist", tests: /dist|install|vm/ },
  // Without a denort there is nothing to test; it has said so, and its tests are skipped.
  { task: "compile", tests: /compile/, mayFail: true },
];

/** Makes what the tests of some files need; all of it where no file is named. */
async function build(args: readonly string[], enter: readonly string[]): Promise<number> {
  const files = args.filter((arg) => /^tests\//.test(arg));
  for (const { task, tests, mayFail } of BUILDS) {
    if (files.length > 0 && !files.some((file) => tests.test(file))) continue;
    const code = await deno([...enter, Deno.execPath(), "task", "--quiet", task]);
    if (code !== 0 && mayFail === undefined) return code;
  }
  if (files.length === 0 || files.some((file) => /install|vm/.test(file))) await prepareBase();
  return 0;
}

/**
 * Runs the unit tests, then those of the lab; given files or options, only the lab's, with these. Those with virtual
 * machines are a run of their own.
 */
async function test(namespaces: readonly string[], args: readonly string[]): Promise<number> {
  const named = await chooseFiles(args);
  const all = named.files.length > 0 ? named : await chooseFiles(["tests/", ...args]);
  const files = all.files.filter((file) => !file.startsWith("tests/vm/") || args.includes("tests/vm/"));
  const units = () => denoTest(UNIT_FLAGS, ...UNIT_FOLDERS);
  const lab = (file: string) => [...namespaces, ...DEADLINE, ...denoTest(LAB_FLAGS, file), ...all.options];
  const isAlone = (file: string) => ALONE.test(file);
  let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  if (args.length === 0) totals = await runFiles([UNIT_FOLDERS.join(" ")], { argv: units, atOnce: 1 });
  totals = add(totals, await runFiles(files.filter((file) => !isAlone(file)), { argv: lab, atOnce: AT_ONCE }));
  totals = add(totals, await runFiles(files.filter(isAlone), { argv: lab, atOnce: 1 }));
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals.failed > 0 || totals.passed + totals.skipped === 0 ? 1 : 0;
}

function denoTest(flags: readonly string[], ...paths: string[]): string[] {
  return [Deno.execPath(), "test", "--trace-leaks", "--no-check", ...flags, ...paths];
}

async function deno([program = "", ...args]: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(program, { args, cwd: ROOT, stdin: "null" }).spawn().status;
  return code;
}

// On Ctrl-C the terminal tells the child itself, which takes everything down before it ends.
Deno.addSignalListener("SIGINT", () => {});
try {
  Deno.exit(await main());
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
