/**
 * Builds that only some tests need and that take long: they are made only for these tests, before the lab is entered.
 *
 * @module
 */

import { runHere } from "../../packaging/command.ts";
import { AARCH64 } from "../../packaging/architecture.ts";
import { findRuntime } from "../../packaging/runtime.ts";
import { prepareBase } from "./system_root.ts";

const BUILDS: readonly {
  readonly task: string;
  readonly tests: RegExp;
  readonly brings?: string;
  readonly mayFail?: true;
}[] = [
  // It makes the distribution first.
  { task: "package", tests: /aarch64|first_day|package/, brings: "dist" },
  { task: "dist", tests: /audit|dist|front_end|install|integrate|manual|remotes|vm/ },
  { task: "package:aarch64", tests: /aarch64/ },
  // Without a denort it says so and fails, and its tests are skipped.
  { task: "compile", tests: /compile/, mayFail: true },
];

/**
 * Makes what the named test files need, or everything if no file is named.
 *
 * @param args The arguments of `deno task test`.
 * @param enter The beginning of a command line that runs the build in another root; empty for this machine.
 * @returns 0, or the exit code of the build that has failed.
 */
export async function buildFor(args: readonly string[], enter: readonly string[]): Promise<number> {
  const files = args.filter((arg) => /^tests\//.test(arg));
  const made = new Set<string>();
  for (const { task, tests, brings, mayFail } of BUILDS) {
    if (made.has(task) || (files.length > 0 && !files.some((file) => tests.test(file)))) continue;
    // Another root has no network.
    if (task === "package:aarch64") await findRuntime(AARCH64);
    if (brings !== undefined) made.add(brings);
    const code = await runHere([...enter, Deno.execPath(), "task", "--quiet", task]);
    if (code !== 0 && mayFail === undefined) return code;
  }
  if (files.length === 0 || files.some((file) => /first_day|install|integrate|package|vm/.test(file))) {
    await prepareBase();
  }
  return 0;
}
