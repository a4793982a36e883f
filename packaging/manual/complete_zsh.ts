/**
 * Completion for zsh, zshcompsys(1). Pure.
 *
 * @module
 */

import { bridgesOf, quoted } from "./complete.ts";
import type { OptionPage, ProgramPage, VerbPage } from "./command_line.ts";

/**
 * Renders the completion of a program, with a line about each command and option.
 *
 * @param program The program.
 * @returns A file for a folder of `$fpath`, to be named after the program with "_" before it.
 */
export function renderZsh(program: ProgramPage): string {
  const options = program.options.map((option) => specOf(option));
  return `#compdef ${program.name}
# Completion of ${program.name} for zsh. Made from the definitions of its --help.
local -a verbs
verbs=(
${program.verbs.map((verb) => `  ${quoted(`${verb.name}:${verb.description}`)}\n`).join("")})
if (( CURRENT == 2 )); then
  _describe -t commands command verbs
  _arguments ${options.join(" ")}
  return
fi
local verb=$words[2]
shift words
(( CURRENT-- ))
case $verb in
${program.verbs.map((verb) => `  ${verb.name}) _arguments ${specsOf(program, verb).join(" ")} ;;\n`).join("")}esac
`;
}

function specsOf(program: ProgramPage, verb: VerbPage): string[] {
  const words = verb.arguments.map(({ term, choices }) => {
    const of = verb.name === "help" ? program.verbs.map(({ name }) => name) : choices;
    return quoted(`:${plain(term.slice(1, -1))}:(${of.join(" ")})`);
  });
  return [...words, ...verb.options.map(specOf), quoted("--help[print this]")];
}

function specOf(option: OptionPage): string {
  const { words, value, description } = option;
  const what = `[${plain(description)}]${value === undefined ? "" : `:${plain(value)}:${valuesOf(option)}`}`;
  // Either word, once.
  const [word = "", ...others] = words;
  if (others.length === 0) return quoted(`${word}${value === undefined ? "" : "="}${what}`);
  return `${quoted(`(${words.join(" ")})`)}{${words.join(",")}}${quoted(what)}`;
}

function valuesOf({ words, value, choices }: OptionPage): string {
  if (choices.length > 0) return `(${choices.join(" ")})`;
  // A colon would end the action.
  if (bridgesOf(words)) return "{compadd -- /sys/class/net/*/bridge(N\\:h\\:t)}";
  // A space: there is nothing to offer.
  return value === "file" ? "_files" : " ";
}

/** A description stands between brackets and colons. */
function plain(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`);
}
