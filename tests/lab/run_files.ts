/**
 * Running test files side by side, each in namespaces of its own: a lab waits more than it works, and no lab sees another.
 *
 * @module
 */

import { Background } from "../../packaging/command.ts";

/** How many tests a run had. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is common to all files of a run. */
export interface RunOptions {
  /** The command line that runs the tests of one file. */
  readonly argv: (file: string) => readonly string[];
  /** How many files run at once. */
  readonly atOnce: number;
}

/**
 * Runs test files. What a file prints is shown at once if only one runs at a time, else in one piece when it has ended.
 *
 * @param files The files, in the order in which they begin.
 * @param options How to run one.
 * @returns The sums of all files. A file that fails without a failed test counts as one.
 */
export async function runFiles(files: readonly string[], { argv, atOnce }: RunOptions): Promise<Totals> {
  const left = files.values();
  const isLive = atOnce === 1 || files.length === 1;
  let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  const workOff = async () => {
    for (const file of left) {
      const started = performance.now();
      const { code, output } = await run(argv(file), isLive);
      if (!isLive) console.log(output.trimEnd());
      console.log(`${file}: exit code ${code} after ${((performance.now() - started) / 1000).toFixed()} s\n`);
      totals = add(totals, totalsOf(output, code));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workOff));
  return totals;
}

async function run(argv: readonly string[], isLive: boolean): Promise<{ code: number; output: string }> {
  await using program = isLive
    ? new Background(argv, (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)))
    : new Background(argv);
  return { code: await program.ended(), output: program.output };
}

/**
 * Reads the summary that `deno test` ends with, for example `FAILED | 11 passed | 1 failed | 2 ignored (58s)`.
 *
 * @param output What it printed.
 * @param code Its exit code.
 * @returns Its numbers. Tests that a filter left out count nowhere.
 */
export function totalsOf(output: string, code: number): Totals {
  const summary = output.split("\n").findLast((line) => /^(?:ok|FAILED) \| \d+ passed/.test(line)) ?? "";
  const number = (word: string) => Number(new RegExp(`\\| (\\d+) ${word}\\b`).exec(summary)?.[1] ?? 0);
  const failed = number("failed");
  // A module that can't be loaded, and a runtime that was ended, are no failed tests, and must not pass for success.
  return { passed: number("passed"), failed: code !== 0 && failed === 0 ? 1 : failed, skipped: number("ignored") };
}

/**
 * Adds the numbers of two runs.
 *
 * @param a The one.
 * @param b The other.
 * @returns The sums.
 */
export function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
