/**
 * The launchers of a distribution: shell scripts by which persons and drivers run `setup` and `tproxy`, with exactly the
 * permissions of the table.
 *
 * @module
 */

import { type Permissions, setupPermissions, toFlags, tproxyPermissions } from "../lib/permissions/table.ts";
import { distribution } from "../lib/permissions/distribution.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";

/** The shell puts in where the distribution is and which configuration the arguments name. */
const ROOT = "$root";
const CONFIG = "$config";

const PERMISSIONS: Readonly<Record<"setup" | "tproxy", Permissions>> = {
  setup: setupPermissions(CONFIG),
  tproxy: tproxyPermissions(CONFIG, distribution(`${ROOT}/lib`, `${ROOT}/lib/deno`).reads),
};

/** The whole environment of a program. Inherited variables could make the runtime trust other certificates or take flags. */
const ENVIRONMENT = [
  // No folder, or Deno would keep compiled code and storage of its own in a home, if there is one.
  "DENO_DIR=/dev/null",
  // At a terminal Deno would say of each file in that folder that it can't be opened.
  "DENO_LOG=error,deno::cache::cache_db=off",
  // Deno would ask dl.deno.land for a newer version of itself, past all permissions.
  "DENO_NO_UPDATE_CHECK=1",
];

/**
 * Renders the launcher of a program.
 *
 * @param entrypoint The program.
 * @returns A POSIX shell script for `bin/` of a distribution.
 * @throws {Error} If a flag holds a character that the shell would interpret.
 */
export function renderLauncher(entrypoint: "setup" | "tproxy"): string {
  const flags = toFlags(PERMISSIONS[entrypoint]);
  const bad = flags.find((flag) => !/^(?:[\w=:,./-]|\$root|\$config)+$/.test(flag));
  if (bad !== undefined) throw new Error(`the shell would not take ${bad} as it is`);
  return `#!/bin/sh
# Runs \`${entrypoint}\` with exactly its permissions, as docs/security.md lists them. Made from lib/permissions/table.ts.
root=$(/usr/bin/readlink -f -- "$0") && root=\${root%/bin/*} || exit 1

# The program may read the one configuration that it is told.
config= previous=
for argument do
  case $argument in
    --config=*) config=\${argument#--config=} ;;
    *) if test "$previous" = --config; then config=$argument; fi ;;
  esac
  previous=$argument
done
config=\${config:-${DEFAULT_CONFIG_PATH}}

# A comma would make two paths of one.
case $root$config in *,*)
  printf '%s\\n' "${entrypoint}: error: $root or $config holds a comma; use a path without one" >&2
  exit 1
esac

exec /usr/bin/env -i ${ENVIRONMENT.join(" ")} \\
  "$root/lib/deno" run \\
  --quiet --no-config --no-lock --no-npm \\
${flags.map((flag) => `  "${flag}" \\\n`).join("")}  "$root/lib/${entrypoint}.js" "$@"
`;
}
