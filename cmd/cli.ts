/**
 * The wrapper around Commander. It turns arguments into a tagged union, and a mistake into usage and a suggestion.
 *
 * @module
 */

import { Argument, Command, CommanderError, Option } from "commander";
import { OK, USAGE } from "../lib/exit_code.ts";
import { VERSION } from "../lib/version.ts";

export { Argument, Command, Option };

/** Nothing is left to do, since help, the version or usage has been printed. */
export interface Done {
  /** Marks it. */
  readonly verb: "done";
  /** How to exit. */
  readonly exitCode: number;
}

/** A program that has commands. */
export interface Definition<T> {
  /** Its name, for usage. */
  readonly name: string;
  /** What it is for, a line. */
  readonly description: string;
  /** Adds its commands. Each calls `done` with what it was asked for. */
  readonly define: (program: Command, done: (command: T) => void) => void;
}

/**
 * Makes the library's parser of a program: what `--help`, the manual and the completions are made from.
 *
 * @param definition The program.
 * @param done Is called with what a command was asked for.
 * @returns The parser.
 */
export function build<T>({ name, description, define }: Definition<T>, done: (command: T) => void = () => {}): Command {
  const program = new Command(name).description(description);
  // Before the commands are defined, since they inherit it. Without these values the library would read the environment
  // for colour and width, and this program may not.
  program.exitOverride().showHelpAfterError().configureOutput({
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
  });
  program.version(`one-tproxy ${VERSION}`, "--version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print what a command does and takes");
  define(program, done);
  return program;
}

/**
 * Reads a command line.
 *
 * @param definition The program.
 * @param args The arguments.
 * @returns What a command was asked for, or {@linkcode Done} if something has been printed instead.
 * @throws {unknown} Whatever a command's definition throws.
 */
export function parse<T extends { verb: string }>(definition: Definition<T>, args: readonly string[]): T | Done {
  let result: T | undefined;
  const program = build(definition, (command) => void (result = command));
  try {
    suggestBeginning(program, args[0] ?? "");
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { verb: "done", exitCode: error.exitCode === 0 ? OK : USAGE };
  }
  return result ?? { verb: "done", exitCode: USAGE };
}

/**
 * Suggests the commands that begin with a word. The library compares letters, and takes `start` for the nearest to
 * `stat`.
 */
function suggestBeginning(program: Command, word: string): void {
  if (!/^[a-z]/.test(word)) return;
  const names = ["help", ...program.commands.map((command) => command.name())];
  const [first, ...others] = names.filter((name) => name.startsWith(word));
  if (first === undefined || names.includes(word)) return;
  const which = others.length === 0 ? first : `one of ${[first, ...others].join(", ")}`;
  program.error(`error: unknown command '${word}'\n(Did you mean ${which}?)`);
}
