/**
 * What some of the tests are about and takes its time: it is made only for them, while there is a network.
 *
 * @module
 */

import { runHere } from "../../packaging/command.ts";
import { prepareBase } from "./system_root.ts";

const BUILDS: readonly { readonly task: string; readonly tests: RegExp; readonly mayFail?: true }[] = [
  { task: "dist", tests: /dist|install|vm/ },
  // Without a denort there is nothing to test; it has said so, and its tests are skipped.
  { task: "compile", tests: /compile/, mayFail: true },
];

/**
 * Makes what the tests of some files need; all of it where no file is named.
 *
 * @param args The arguments of `deno task test`.
 * @param enter The beginning of a command line that runs what follows where it is to be made.
 * @returns 0, or the exit code of what has failed.
 */
export async function buildFor(args: readonly string[], enter: readonly string[]): Promise<number> {
  const files = args.filter((arg) => /^tests\//.test(arg));
  for (const { task, tests, mayFail } of BUILDS) {
    if (files.length > 0 && !files.some((file) => tests.test(file))) continue;
    const code = await runHere([...enter, Deno.execPath(), "task", "--quiet", task]);
    if (code !== 0 && mayFail === undefined) return code;
  }
  if (files.length === 0 || files.some((file) => /install|vm/.test(file))) await prepareBase();
  return 0;
}
