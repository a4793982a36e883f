/**
 * Where the files are that make up a daemon, in each form in which this program can be there:
 *
 * | form | this program | the daemons |
 * |---|---|---|
 * | checkout | `cmd/tproxy.ts` | `.build/inner.js`, `.build/outer.js` |
 * | distribution | `lib/tproxy.js` | `lib/inner.js`, `lib/outer.js` |
 * | compiled | `tproxy` | `tproxy-inner`, `tproxy-outer` |
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import type { Binaries, DaemonFiles, Scripts } from "./table.ts";

/**
 * Finds the files that make up a daemon.
 *
 * @returns Their absolute paths.
 * @throws {DaemonError} If a compiled program is where it can't start the others.
 */
export function daemonFiles(): DaemonFiles {
  return Deno.build.standalone ? binariesBeside(Deno.execPath()) : scripts();
}

/**
 * Tells where the daemons' files are if they are run by the runtime.
 *
 * @param module The URL of this module in a checkout, or of the one file that a distribution's program is.
 * @returns In a checkout, what `deno task tproxy` makes; in a distribution, what is in the same folder. The runtime is the
 * one that runs this program. Whatever `install.sh` has installed is in a folder of its version's.
 */
export function scripts(module: string = import.meta.url): Scripts {
  const isCheckout = module.endsWith(".ts");
  const folder = decodeURIComponent(new URL(isCheckout ? "../../.build/" : "./", module).pathname);
  const mode = isCheckout ? {} : { mode: `${folder.slice(0, -"/lib/".length)}/../../mode` };
  return { runtime: Deno.execPath(), inner: `${folder}inner.js`, outer: `${folder}outer.js`, ...mode };
}

/**
 * Tells where the daemons are if they are compiled.
 *
 * @param program The path of the compiled `tproxy`.
 * @returns What is in the same folder.
 * @throws {DaemonError} If that path has a "=", which env(1), which starts them, would take for a variable.
 */
export function binariesBeside(program: string): Binaries {
  if (program.includes("=")) throw new DaemonError(`Cannot start daemons beside ${program}`, 'move it where no "=" is');
  const folder = program.slice(0, program.lastIndexOf("/"));
  return { inner: `${folder}/tproxy-inner`, outer: `${folder}/tproxy-outer` };
}
