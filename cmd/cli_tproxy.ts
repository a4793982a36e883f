/**
 * The command line of `tproxy`. Each program that is called by it reads the whole of it, and so all print the same
 * help.
 *
 * @module
 */

import { InputError } from "../lib/errors.ts";
import { defaultConfig } from "../lib/remotes.ts";
import type { CommandProgram } from "../lib/permissions/verbs.ts";
import { type Command, type Definition, type Done, parse } from "./cli.ts";
import { defineDoctor, type DoctorCommand } from "./cli_doctor.ts";
import { defineIntegrate, type IntegrateCommand } from "./cli_integrate.ts";
import { defineLogs, type LogsCommand } from "./cli_logs.ts";
import { defineLook, type LookCommand } from "./cli_look.ts";
import { defineStreams, type StreamsCommand } from "./cli_streams.ts";
import { defineSysdump, type SysdumpCommand } from "./cli_sysdump.ts";
import { defineTop, type TopCommand } from "./cli_top.ts";
import { defineWatch, type WatchCommand } from "./cli_watch.ts";
import { type ControlCommand, VERBS } from "./plain_arguments.ts";

/** What `tproxy` is asked for. */
export type TproxyCommand =
  | ControlCommand
  | WatchCommand
  | DoctorCommand
  | SysdumpCommand
  | LookCommand
  | StreamsCommand
  | TopCommand
  | LogsCommand
  | IntegrateCommand
  | Done;

/**
 * Reads the command line of `tproxy`.
 *
 * @param args The arguments.
 * @returns What it is asked for.
 */
export function parseTproxy(args: readonly string[]): TproxyCommand {
  return parse(TPROXY, args);
}

/** The program. */
export const TPROXY: Definition<TproxyCommand> = {
  name: "tproxy",
  description: "Controls the proxies of this hypervisor",
  define: defineTproxy,
};

/**
 * Says that a program was run for a verb of another, which a launcher never does.
 *
 * @param program The program.
 * @param verb The verb.
 * @returns The error, to be thrown.
 */
export function notItsVerb(program: CommandProgram, verb: string): InputError {
  return new InputError(`The program "${program}" has no "${verb}"`, `run "tproxy ${verb}", which chooses the program`);
}

function defineTproxy(program: Command, done: (command: TproxyCommand) => void): void {
  for (const [verb, description] of Object.entries(VERBS)) {
    // `plain_arguments.ts` reads these. Here they are for help and suggestions.
    program.command(verb).description(description)
      .option("--config <file>", "the configuration", defaultConfig())
      .action(({ config }) => done({ verb: verb as ControlCommand["verb"], config }));
  }
  defineWatch(program, done);
  defineDoctor(program, done);
  defineSysdump(program, done);
  defineLook(program, done);
  defineStreams(program, done);
  defineTop(program, done);
  defineLogs(program, done);
  defineIntegrate(program, done);
}
