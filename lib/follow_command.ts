/**
 * Running one of the system's programs in the background, and reading the lines that it prints.
 *
 * @module
 */

import { type ProgramName, PROGRAMS } from "./programs.ts";
import { signalCommand, startCommand } from "./run_command.ts";

/** A program that runs until it is stopped. */
export interface RunningCommand {
  /** Resolves when the program has ended, for any reason. */
  readonly ended: Promise<void>;
  /** Stops the program. */
  stop(): void;
}

/**
 * Runs a program in the background and passes on each line that it prints. The program ends when this process ends, for
 * any reason.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param onLine Receives each line of its standard output.
 * @returns The running program.
 * @throws {import("./run_command.ts").CommandError} If setpriv, which ties the two together, is not installed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export function followCommand(
  name: ProgramName,
  args: readonly string[],
  onLine: (line: string) => void,
): RunningCommand {
  const child = startCommand("setpriv", ["--pdeathsig=TERM", PROGRAMS[name].path, ...args], false);
  const read = async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    }
  };
  const ended = Promise.all([read(), child.stderr.cancel(), child.status]).then(() => {});
  return { ended, stop: () => signalCommand(child, "SIGTERM") };
}
