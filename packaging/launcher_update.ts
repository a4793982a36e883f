/**
 * The part of a launcher that takes another version of the programs from OpenNebula's remotes.
 *
 * @module
 */

import type { CommandName } from "../lib/permissions/verbs.ts";

/** What the drivers call before a VM starts, as a pattern of the shell for the first two arguments; and the launcher's name. */
const UPDATED: Readonly<Record<CommandName, { readonly name: string; readonly pattern: string }>> = {
  tproxy: { name: "tproxy", pattern: '"start "*' },
  setup: { name: "tproxy-setup", pattern: '"hook pre"' },
};

/**
 * Renders what takes another version before a VM gets its bridges. Whether root trusts a key, only root can see. If it
 * fails, the program that is there runs.
 *
 * @param command The command.
 * @returns Lines of a POSIX shell script that has the distribution's folder in `root`.
 */
export function renderUpdate(command: CommandName): string {
  const { name, pattern } = UPDATED[command];
  return `case "\${1-} \${2-}" in
  ${pattern})
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
