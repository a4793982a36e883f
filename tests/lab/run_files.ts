/**
 * Running test files side by side, each in namespaces of its own: a lab waits more than it works, and no lab sees
 * another.
 *
 * @module
 */

import { Background } from "../../packaging/command.ts";
import { add, NONE, type Totals, totalsOf } from "./results.ts";

/** Where the runs leave their results, until they are counted. */
const RESULTS = new URL("../../.build/results/", import.meta.url).pathname;

/** What is common to all files of a run. */
export interface RunOptions {
  /** The command line that runs the tests of one file, and leaves the results in another, as JUnit has them. */
  readonly argv: (file: string, results: string) => readonly string[];
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
  await Deno.mkdir(RESULTS, { recursive: true });
  let totals = NONE;
  const workOff = async () => {
    for (const file of left) {
      const started = performance.now();
      const results = `${RESULTS}${crypto.randomUUID()}.xml`;
      const { code, output } = await run(argv(file, results), isLive);
      if (!isLive) console.log(output.trimEnd());
      console.log(`${file}: exit code ${code} after ${((performance.now() - started) / 1000).toFixed()} s\n`);
      totals = add(totals, totalsOf(await take(results), code));
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

/** Reads a file and removes it. */
async function take(path: string): Promise<string | undefined> {
  try {
    const text = await Deno.readTextFile(path);
    await Deno.remove(path);
    return text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
