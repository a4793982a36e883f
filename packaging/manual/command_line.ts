/**
 * A program's command line as data, read from the definitions that also make its `--help`. Pure.
 *
 * @module
 */

import type { Argument, Command, Option } from "commander";

/** An argument of a command. */
export interface ArgumentPage {
  /** How usage shows it, for example `[entrypoint]`. */
  readonly term: string;
  /** What it is, a line. */
  readonly description: string;
  /** The words that it may be; any if the list is empty. */
  readonly choices: readonly string[];
}

/** An option. */
export interface OptionPage {
  /** How usage shows it, for example `--config <file>`. */
  readonly term: string;
  /** The words by which it is given, for example `-h` and `--help`. */
  readonly words: readonly string[];
  /** What it does, a line. */
  readonly description: string;
  /** What its value is, for example `file`; `undefined` if it has none. */
  readonly value: string | undefined;
  /** The words that its value may be; any if the list is empty. */
  readonly choices: readonly string[];
  /** Its value if it is not given, if that is a text. */
  readonly preset: string | undefined;
}

/** A command. */
export interface VerbPage {
  /** Its name. */
  readonly name: string;
  /** What it does, a line. */
  readonly description: string;
  /** Its arguments. */
  readonly arguments: readonly ArgumentPage[];
  /** Its options, without `--help`. */
  readonly options: readonly OptionPage[];
}

/** A program. */
export interface ProgramPage {
  /** The name by which it is called. */
  readonly name: string;
  /** What it is for, a line. */
  readonly description: string;
  /** The options that it has without a command. */
  readonly options: readonly OptionPage[];
  /** Its commands, `help` among them. */
  readonly verbs: readonly VerbPage[];
}

/**
 * Describes a program.
 *
 * @param name The name by which it is called where it is installed.
 * @param program Its parser.
 * @returns All that its `--help` tells, and that of each command.
 */
export function describeProgram(name: string, program: Command): ProgramPage {
  const help = program.createHelp();
  return {
    name,
    description: program.description(),
    options: help.visibleOptions(program).map(describeOption),
    verbs: help.visibleCommands(program).map((command) => ({
      name: command.name(),
      description: command.description(),
      arguments: command.registeredArguments.map(describeArgument),
      options: help.visibleOptions(command).filter(({ long }) => long !== "--help").map(describeOption),
    })),
  };
}

function describeArgument(argument: Argument): ArgumentPage {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return {
    term: argument.required ? `<${name}>` : `[${name}]`,
    description: argument.description,
    choices: argument.argChoices ?? [],
  };
}

function describeOption(option: Option): OptionPage {
  return {
    term: option.flags,
    words: [option.short, option.long].filter((word) => typeof word === "string"),
    description: option.description,
    value: /[<[]([^\]>]+)[\]>]/.exec(option.flags)?.[1],
    choices: option.argChoices ?? [],
    preset: typeof option.defaultValue === "string" ? option.defaultValue : undefined,
  };
}
