/**
 * The form of programs that `deno task compile` made, and what each may do. A binary's permissions are fixed when it is
 * made, before there is a bridge or a service, so the daemons' are wider than in the table; docs/distribution.md
 * compares them.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { DEFAULT_CONFIG_PATH, DRIVERS_DIR, LOG_DIR, RUN_DIR } from "../paths.ts";
import { OUTER } from "../role.ts";
import type { DaemonProgram, Form } from "./form.ts";
import { commandPermissions } from "./command_permissions.ts";
import { type Permissions, toFlags } from "./permissions.ts";
import type { Entrypoint } from "./verbs.ts";

/** Any address and any socket. Deno wants the whole path of each socket and takes no folder. */
const ANY_NET = "--allow-net";

const NOTHING: Permissions = { net: [], read: [], write: [], run: [], env: [], sys: [] };

/** The flags of each daemon, and of the probe. */
const DAEMON_FLAGS: Readonly<Record<DaemonProgram, readonly string[]>> = {
  outer: [...toFlags({ ...NOTHING, read: [RUN_DIR], write: [RUN_DIR, OUTER.log] }), ANY_NET],
  inner: [...toFlags({ ...NOTHING, read: [RUN_DIR], write: [RUN_DIR, LOG_DIR] }), ANY_NET],
  probe: [...toFlags(NOTHING), ANY_NET],
};

/**
 * Tells with which flags a program is compiled.
 *
 * @param entrypoint The program.
 * @param config The configuration file.
 * @returns Its permission flags.
 */
export function compiledFlags(entrypoint: Entrypoint, config: string = DEFAULT_CONFIG_PATH): readonly string[] {
  if (entrypoint === "inner" || entrypoint === "outer" || entrypoint === "probe") return DAEMON_FLAGS[entrypoint];
  // `tproxy` starts the daemons by their paths, and reads none of their files.
  return toFlags(commandPermissions(entrypoint, config));
}

/**
 * Describes compiled programs.
 *
 * @param program The path of one of the compiled programs.
 * @returns Their form. A daemon is started by its path, since it opens its own file to find its program in it; so its
 * user has to be able to read the file.
 * @throws {DaemonError} If that path has a "=", which env(1), which starts them, would take for a variable.
 */
export function compiled(program: string): Form {
  if (program.includes("=")) throw new DaemonError(`Cannot start daemons beside ${program}`, 'move it where no "=" is');
  const folder = program.slice(0, program.lastIndexOf("/"));
  return {
    reads: [],
    installed: [],
    drivers: DRIVERS_DIR,
    share: [],
    kept: [],
    probed: [],
    dataVariable: "XDG_DATA_HOME",
    flagsOf: (program) => DAEMON_FLAGS[program],
    commandOf: (program) => [`${folder}/tproxy-${program}`],
    openFilesOf: () => [],
  };
}
