/**
 * Where the files are that make up a daemon, in each form in which this program can be there.
 *
 * @module
 */

import type { DaemonFiles } from "./permissions.ts";

/**
 * Finds the files that make up a daemon: the runtime that runs this program, and one JavaScript file for each.
 *
 * @returns Their absolute paths.
 */
export function daemonFiles(): DaemonFiles {
  return filesBeside(import.meta.url, Deno.execPath());
}

/**
 * Tells where the files of a daemon are.
 *
 * @param module The URL of this module in a checkout, or of the one file that a distribution's program is.
 * @param runtime The path of the runtime.
 * @returns In a checkout, what `deno task tproxy` makes; in a distribution, what is in the same folder.
 */
export function filesBeside(module: string, runtime: string): DaemonFiles {
  const folder = module.endsWith(".ts") ? new URL("../../.build/", module) : new URL("./", module);
  const path = decodeURIComponent(folder.pathname);
  return { runtime, inner: `${path}inner.js`, outer: `${path}outer.js` };
}
