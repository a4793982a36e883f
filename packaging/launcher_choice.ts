/**
 * The parts of a launcher that choose a program by the verb and its options.
 *
 * @module
 */

import { ASK_ANOTHER } from "../lib/exit_code.ts";
import {
  type CommandName,
  type CommandProgram,
  FALLBACKS,
  HELP_OPTIONS,
  OPTIONS,
  OTHERWISE,
  programsOf,
  VERBS,
} from "../lib/permissions/verbs.ts";

/**
 * Renders what sets `program` by the arguments, as `programOf()` does.
 *
 * @param command The command.
 * @returns Lines of a POSIX shell script.
 */
export function renderChoice(command: CommandName): string {
  const verbs = VERBS[command];
  const cases = programsOf(command).filter((program) => program !== OTHERWISE[command]).flatMap((program) => {
    const names = Object.keys(verbs).filter((verb) => verbs[verb] === program);
    // A program that an option chooses has no verb of its own.
    return names.length === 0 ? [] : [`  ${names.join(" | ")}) program=${program} ;;\n`];
  });
  if (cases.length === 0) return `program=${OTHERWISE[command]}\n`;
  return `case \${1-} in
${cases.join("")}  *) program=${OTHERWISE[command]} ;;
esac
${renderOptions(command)}for argument do
  case $argument in ${HELP_OPTIONS.join(" | ")}) program=${OTHERWISE[command]} ;; esac
done
`;
}

/**
 * Renders what runs a program that may ask for another, and then sets `program` to that one.
 *
 * @param command The command.
 * @param start Renders what runs a program with the arguments, in the place of the shell.
 * @returns Lines of a POSIX shell script that has `program`.
 */
export function renderFallbacks(command: CommandName, start: (program: CommandProgram) => string): string {
  return programsOf(command).flatMap((program) => {
    const other = FALLBACKS[program];
    if (other === undefined) return [];
    return [`# It exits with ${ASK_ANOTHER} if it has changed nothing, since it can't read what it needs.
if test "$program" = ${program}; then
  (${start(program)})
  code=$?
  test "$code" -eq ${ASK_ANOTHER} || exit "$code"
  program=${other}
fi
`];
  }).join("");
}

/** Renders what sets `program` by the options with which another program carries out a verb. */
function renderOptions(command: CommandName): string {
  const cases = Object.keys(VERBS[command]).flatMap((verb) =>
    Object.entries(OPTIONS[verb] ?? {}).map(([option, program]) =>
      `    ${verb}:${option} | ${verb}:${option}=*) program=${program} ;;\n`
    )
  );
  if (cases.length === 0) return "";
  return `for argument do
  case $1:$argument in
${cases.join("")}  esac
done
`;
}
