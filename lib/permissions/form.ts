/**
 * The forms in which one-tproxy can be there, and what depends on them:
 *
 * | form | programs that run as commands | the daemons | module |
 * |---|---|---|---|
 * | checkout | `cmd/look.ts`, … | `.build/inner.js`, `.build/outer.js` | `checkout.ts` |
 * | distribution | `lib/look.js`, … | `lib/inner.js`, `lib/outer.js` | `distribution.ts` |
 * | compiled | `tproxy-look`, … | `tproxy-inner`, `tproxy-outer` | `compiled.ts` |
 *
 * @module
 */

import type { Role } from "../role.ts";
import type { Permissions } from "./permissions.ts";

/** The program of a daemon, or the one that tries out connections. */
export type DaemonProgram = Role["program"] | "probe";

/** A form of one-tproxy. Paths are absolute. */
export interface Form {
  /** What `tproxy` reads because of the form: what the daemons are made of. */
  readonly reads: readonly string[];
  /** What `look` reads because of the form: what tells whether the drivers still call this installation. */
  readonly installed: readonly string[];
  /** The network drivers' folder, in which `integrate` and what looks read. */
  readonly drivers: string;
  /** What `doctor` reads because of the form: what the probe is made of. */
  readonly probed: readonly string[];
  /** The environment variable that names the folder in which the runtime of a daemon would keep data of its own. */
  readonly dataVariable: "DENO_DIR" | "XDG_DATA_HOME";
  /** What `integrate` reads because of the form: the folder of what it puts into OpenNebula's folders. */
  readonly share: readonly string[];
  /**
   * What `integrate` reads and keeps because of the form: the way that it was told, and the folder of what it has
   * replaced.
   */
  readonly kept: readonly string[];
  /** The file of the way that `integrate` was told, if this form can be installed. */
  readonly modeFile?: string;
  /** The file that says why `install.sh` has refused an archive from OpenNebula's remotes, if this form can be installed. */
  readonly refusedFile?: string;
  /**
   * Tells with which permission flags a daemon runs.
   *
   * @param program The daemon's program.
   * @param permissions What it needs at the moment.
   * @returns Deno's flags, or those that are part of the program.
   */
  flagsOf(program: DaemonProgram, permissions: Permissions): readonly string[];
  /**
   * Tells by which command line a daemon is started.
   *
   * @param program The daemon's program.
   * @param flags Its permission flags.
   * @returns A program and its arguments, to which those of the daemon are added.
   */
  commandOf(program: DaemonProgram, flags: readonly string[]): readonly string[];
  /**
   * Tells which files a daemon is handed as open descriptors.
   *
   * @param program The daemon's program.
   * @returns The file that becomes its descriptor 0 and the one that becomes 3; none if it opens its own file.
   */
  openFilesOf(program: DaemonProgram): readonly string[];
}
