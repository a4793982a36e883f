/**
 * The part of a launcher that takes another version of the programs from OpenNebula's remotes.
 *
 * @module
 */

import type { CommandName } from "../lib/permissions/verbs.ts";

/** What the drivers call before a VM starts, as a pattern of the shell for the first two arguments. */
const BEFORE_VM: Readonly<Record<CommandName, string>> = { tproxy: '"start "*', setup: '"hook pre"' };

/**
 * Renders what takes another version before a VM gets its bridges. If that fails, the installed version runs. Only root
 * can see whether there is a trusted key.
 *
 * @param command The command.
 * @param name The name of its launcher.
 * @returns Lines of a POSIX shell script that has the distribution's folder in `root`.
 */
export function renderUpdate(command: CommandName, name: string): string {
  return `case "\${1-} \${2-}" in
  ${BEFORE_VM[command]})
    if test -s "$root/../../remotes/signers"; then
      # What is on standard input is for the program.
      /usr/bin/env -i "$root/install.sh" --from-remotes </dev/null >&2
      # Another version has a launcher of its own.
      test "$(/usr/bin/readlink -f -- "$0")" = "$root/bin/${name}" || exec "$0" "$@"
    fi
    ;;
esac
`;
}
