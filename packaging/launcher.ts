/**
 * The launchers of a distribution: a shell script for each program that a person or a driver runs, which gives it exactly
 * the permissions of the table.
 *
 * @module
 */

import { type Permissions, setupPermissions, toFlags, tproxyPermissions } from "../lib/daemon/permissions.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";

/** What the shell puts in: where the distribution is, and which configuration the arguments name. */
const ROOT = "$root";
const CONFIG = "$config";

const PERMISSIONS: Readonly<Record<"setup" | "tproxy", Permissions>> = {
  setup: setupPermissions(CONFIG),
  tproxy: tproxyPermissions(CONFIG, {
    runtime: `${ROOT}/lib/deno`,
    inner: `${ROOT}/lib/inner.js`,
    outer: `${ROOT}/lib/outer.js`,
  }),
};

/**
 * Renders the launcher of a program.
 *
 * WHY an empty environment: variables can make the runtime trust other certificates or run with other flags, and none is
 * needed. WHY a cache folder that can be none: Deno keeps what it has compiled, and storage of its own, in its user's
 * home, of which there may be none, or one that is not to be written to.
 *
 * @param entrypoint The program.
 * @returns A POSIX shell script for `bin/` of a distribution.
 * @throws {Error} If a flag holds something that means more to the shell than itself.
 */
export function renderLauncher(entrypoint: "setup" | "tproxy"): string {
  const flags = toFlags(PERMISSIONS[entrypoint]);
  const bad = flags.find((flag) => !/^(?:[\w=:,./<>-]|\$root|\$config)+$/.test(flag));
  if (bad !== undefined) throw new Error(`the shell would not take ${bad} as it is`);
  return `#!/bin/sh
# Runs \`${entrypoint}\` with exactly its permissions, as docs/security.md lists them. Made from lib/daemon/permissions.ts.
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

exec /usr/bin/env -i DENO_DIR=/dev/null "$root/lib/deno" run \\
  --quiet --no-config --no-lock --no-npm \\
${flags.map((flag) => `  "${flag}" \\\n`).join("")}  "$root/lib/${entrypoint}.js" "$@"
`;
}
