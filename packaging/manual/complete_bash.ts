/**
 * Completion for bash. Pure.
 *
 * @module
 */

import type { OptionPage, ProgramPage } from "./command_line.ts";
import { bridgesOf, quoted, wordsOf } from "./complete.ts";

/**
 * Renders the completion of a program: a function that needs nothing but bash, so that it works without the package
 * bash-completion, too.
 *
 * @param program The program.
 * @returns A script for bash, which bash-completion loads if the file has the program's name.
 */
export function renderBash(program: ProgramPage): string {
  const name = `_${program.name.replaceAll("-", "_")}`;
  const verbs = program.verbs.map((verb) => verb.name);
  const options = program.verbs.flatMap((verb) => verb.options);
  const withValue = options.filter(({ value }) => value !== undefined);
  const values = new Map(withValue.flatMap((option) => option.words.map((word) => [word, valuesOf(option)])));
  return `# Completion of ${program.name} for bash. Made from the definitions of its --help.
${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words=
  COMPREPLY=()
  # The default COMP_WORDBREAKS makes three words of --config=FILE.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = && COMP_CWORD -ge 2 ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $before in
${[...values].map(([word, line]) => `    ${word}) ${line}; return ;;\n`).join("")}  esac
  case \${COMP_WORDS[1]}:$COMP_CWORD in
    *:1) words=${quoted([...verbs, ...program.options.flatMap(({ words }) => words)].join(" "))} ;;
${
    program.verbs.map((verb) => `    ${verb.name}:*) words=${quoted(wordsOf(program, verb).join(" "))} ;;\n`).join("")
  }  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F ${name} ${program.name}
`;
}

function valuesOf({ words, value, choices }: OptionPage): string {
  if (choices.length > 0) return `mapfile -t COMPREPLY < <(compgen -W ${quoted(choices.join(" "))} -- "$word")`;
  if (bridgesOf(words)) {
    return 'mapfile -t COMPREPLY < <(cd /sys/class/net && compgen -G "$word*/bridge"); ' +
      'COMPREPLY=("${COMPREPLY[@]%/bridge}")';
  }
  return value === "file" ? 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word")' : ":";
}
