/**
 * The launchers of a distribution: shell scripts by which persons and drivers run `setup` and `tproxy`, with exactly
 * the permissions of the table.
 *
 * @module
 */

import { commandPermissions } from "../lib/permissions/command_permissions.ts";
import { renderChoice, renderFallbacks } from "./launcher_choice.ts";
import { renderUpdate } from "./launcher_update.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import { type CommandName, type CommandProgram, programsOf, TEXTFILE_OPTION } from "../lib/permissions/verbs.ts";
import { distribution } from "../lib/permissions/distribution.ts";
import {
  CONFIG_BELOW,
  DEFAULT_SYSDUMP,
  DRIVERS_BELOW,
  FORMER_REMOTES_FOLDER,
  REMOTES_FOLDER,
  TEXTFILE_DIR,
} from "../lib/paths.ts";

/** The shell puts in where the distribution and OpenNebula's remotes are, and which files the arguments name. */
const ROOT = "$root";
const REMOTES = "$remotes";
const CONFIG = "$config";
const FILE = "$file";

/** The names that people type, with which the lines about errors begin, too. */
const NAMES: Readonly<Record<CommandName, string>> = { tproxy: "tproxy", setup: "tproxy-setup" };

/**
 * The whole environment of a program. Inherited variables could make the runtime trust other certificates or take
 * flags.
 */
const ENVIRONMENT = [
  // No folder, or Deno would keep compiled code and storage of its own in a home, if there is one.
  "DENO_DIR=/dev/null",
  // At a terminal Deno would say of each file in that folder that it can't be opened.
  "DENO_LOG=error,deno::cache::cache_db=off",
  // Deno would ask dl.deno.land for a newer version of itself, past all permissions.
  "DENO_NO_UPDATE_CHECK=1",
];

/**
 * Renders the launcher of a command.
 *
 * @param command The command.
 * @returns A POSIX shell script for `bin/` of a distribution.
 * @throws {Error} If a flag holds a character that the shell would interpret.
 */
export function renderLauncher(command: CommandName): string {
  const name = NAMES[command];
  return `#!/bin/sh
# Runs \`${name}\`: the program of its verb, with exactly the permissions that docs/permissions.md lists. Made from
# lib/permissions/verbs.ts and command_permissions.ts.
root=$(/usr/bin/readlink -f -- "$0") && root=\${root%/bin/*} || exit 1

${renderChoice(command)}
${renderUpdate(command, name)}
# The program may read the one configuration that it is told, and write the one file or folder.
config= file= previous=
for argument do
  case $argument in
    --config=*) config=\${argument#--config=} ;;
    *) if test "$previous" = --config; then config=$argument; fi ;;
  esac
  case $program in
    sysdump) case $argument in -*) ;; *) if test "$previous" != --config; then file=$argument; fi ;; esac ;;
    textfile)
      case $argument in
        ${TEXTFILE_OPTION}=*) file=\${argument#${TEXTFILE_OPTION}=} ;;
        *) if test "$previous" = ${TEXTFILE_OPTION}; then file=$argument; fi ;;
      esac
      ;;
  esac
  previous=$argument
done
# lib/remotes.ts says why this folder counts as soon as it is there.
remotes=${FORMER_REMOTES_FOLDER}
if test -d ${REMOTES_FOLDER}; then remotes=${REMOTES_FOLDER}; fi
config=\${config:-${REMOTES}/${CONFIG_BELOW}}
case $program in
  textfile) file=\${file:-${TEXTFILE_DIR}} ;;
  *) file=\${file:-${DEFAULT_SYSDUMP}} ;;
esac

# A comma would make two paths of one.
case $root$config$file in *,*)
  printf '%s\\n' "${name}: error: $root, $config or $file holds a comma; use a path without one" >&2
  exit 1
esac

run() {
  program=$1
  shift
  case $program in
${programsOf(command).map(renderStart).join("")}  esac
  exec /usr/bin/env -i ${ENVIRONMENT.join(" ")} \\
    "$root/lib/deno" run --quiet --no-config --no-lock --no-npm "$@"
}

${renderFallbacks(command, (program) => `run ${program} "$@"`)}run "$program" "$@"
`;
}

/**
 * Renders what compiled programs have in place of a launcher. Their permissions are part of them.
 *
 * @param command The command.
 * @param nameOf Tells the name of a compiled program.
 * @returns A POSIX shell script, to be put beside them.
 */
export function renderCompiledLauncher(command: CommandName, nameOf: (program: CommandProgram) => string): string {
  const start = (program: CommandProgram) => `exec "$root/${nameOf(program)}" "$@"`;
  return `#!/bin/sh
# Runs \`${NAMES[command]}\`: the program of its verb. Made from lib/permissions/verbs.ts.
root=$(/usr/bin/readlink -f -- "$0") && root=\${root%/*} || exit 1

${renderChoice(command)}
${renderFallbacks(command, start)}case $program in
${programsOf(command).map((program) => `  ${program}) ${start(program)} ;;\n`).join("")}esac
`;
}

/** Renders what puts a program and its flags in front of the arguments. */
function renderStart(program: CommandProgram): string {
  const form = distribution(`${ROOT}/lib`, `${ROOT}/lib/deno`, `${REMOTES}/${DRIVERS_BELOW}`);
  const flags = toFlags(commandPermissions(program, CONFIG, form, FILE));
  const bad = flags.find((flag) => !/^(?:[\w=:,./-]|\$root|\$remotes|\$config|\$file)+$/.test(flag));
  if (bad !== undefined) throw new Error(`the shell would not take ${bad} as it is`);
  return `    ${program})
      set -- \\
${flags.map((flag) => `        "${flag}" \\\n`).join("")}        "$root/lib/${program}.js" "$@"
      ;;
`;
}
