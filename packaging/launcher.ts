/**
 * The launchers of a distribution: a shell script for each program that a person or a driver runs, which gives it exactly
 * the permissions of the table.
 *
 * @module
 */

import { type Permissions, setupPermissions, toFlags, tproxyPermissions } from "../lib/permissions/table.ts";
import { distribution } from "../lib/permissions/distribution.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";

/** What the shell puts in: where the distribution is, and which configuration the arguments name. */
const ROOT = "$root";
const CONFIG = "$config";

const PERMISSIONS: Readonly<Record<"setup" | "tproxy", Permissions>> = {
  setup: setupPermissions(CONFIG),
  tproxy: tproxyPermissions(CONFIG, distribution(`${ROOT}/lib`, `${ROOT}/lib/deno`).reads),
};

/** The whole environment of a program: variables can make the runtime trust other certificates or run with other flags. */
const ENVIRONMENT = [
  // No folder: Deno would keep what it has compiled, and storage of its own, in a home, if there is one.
  "DENO_DIR=/dev/null",
  // At a terminal it says of each file there that it could not be opened.
  "DENO_LOG=error,deno::cache::cache_db=off",
  // It would ask dl.deno.land for a newer version, past all permissions.
  "DENO_NO_UPDATE_CHECK=1",
];

/**
 * Renders the launcher of a program.
 *
 * @param entrypoint The program.
 * @returns A POSIX shell script for `bin/` of a distribution.
 * @throws {Error} If a flag holds something that means more to the shell than itself.
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
