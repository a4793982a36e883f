/**
 * Running a program that prints to where this one does, and that may leave others running behind it.
 *
 * @module
 */

import { CommandError } from "./run_command.ts";
import { ENVIRONMENT, type ProgramName, PROGRAMS } from "./programs.ts";

/**
 * Runs a program to its end. Its output is that of this process, so processes that it leaves behind keep nobody
 * waiting.
 *
 * @param name The program.
 * @param args Its arguments.
 * @throws {CommandError} If it ends with an exit code other than 0.
 * @throws {Deno.errors.NotFound} If it is not there.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program's path.
 */
export async function runAttached(name: ProgramName, args: readonly string[]): Promise<void> {
  const { path } = PROGRAMS[name];
  const { code } = await new Deno.Command(path, {
    args: [...args],
    clearEnv: true,
    env: ENVIRONMENT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code === 0) return;
  throw new CommandError(`Cannot run ${[name, ...args].join(" ")}: it exited with ${code}`, "see the line above", {
    argv: [path, ...args],
    exitCode: code,
  });
}
