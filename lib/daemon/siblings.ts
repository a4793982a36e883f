/**
 * Where the files are that make up a daemon.
 *
 * @module
 */

import type { DaemonFiles } from "./permissions.ts";

/** The checkout that this module is in. */
const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * Finds the files that make up a daemon: the runtime that runs this program, and the two bundles that `deno task bundle`
 * makes.
 *
 * @returns Their absolute paths.
 */
export function daemonFiles(): DaemonFiles {
  return {
    runtime: Deno.execPath(),
    inner: `${ROOT}.build/inner.js`,
    outer: `${ROOT}.build/outer.js`,
  };
}
