/**
 * Daemons that are JavaScript files, run by the Deno runtime.
 *
 * Root opens the runtime and the script and hands them to the daemon. setpriv runs the runtime as /proc/self/fd/3, and
 * the runtime reads the script from standard input. The daemon's user can often reach neither file: the runtime may be
 * in root's home, and the mode of a checkout 0700.
 *
 * @module
 */

import { DRIVERS_DIR } from "../paths.ts";
import type { DaemonProgram, Form } from "./form.ts";
import { toFlags } from "./permissions.ts";

/**
 * V8's settings. The heap for new objects may grow to 16 MiB by default, of which a burst leaves a part behind. With at
 * most 4 MiB, new connections cost no more processor time than with 16, and an eighth less than with 2 while there are
 * 256 at once. With at least 2 MiB, less of what a start needs for a moment gets into the heap that stays: an idle
 * proxy has 1.3 MiB less. A daemon calls the function to collect garbage after a burst of streams.
 */
const HEAP = "--v8-flags=--min-semi-space-size=2,--max-semi-space-size=4,--expose-gc";

/** A form whose daemons are run by the Deno runtime. */
export interface DenoForm extends Form {
  /** The Deno runtime. */
  readonly runtime: string;
  /** The inner proxy, one JavaScript file. */
  readonly inner: string;
  /** The outer proxy, one JavaScript file. */
  readonly outer: string;
  /** The probe, one JavaScript file. */
  readonly probe: string;
}

/**
 * Describes daemons that are run by the Deno runtime.
 *
 * @param runtime The runtime.
 * @param folder The folder of their scripts.
 * @returns Their form.
 */
export function runByDeno(runtime: string, folder: string): DenoForm {
  const scripts = { inner: `${folder}/inner.js`, outer: `${folder}/outer.js`, probe: `${folder}/probe.js` };
  return {
    runtime,
    ...scripts,
    reads: [runtime, scripts.inner, scripts.outer],
    installed: [],
    drivers: DRIVERS_DIR,
    share: [],
    kept: [],
    probed: [runtime, scripts.probe],
    dataVariable: "DENO_DIR",
    flagsOf: (_program, permissions) => toFlags(permissions),
    commandOf: (program, flags) => [
      ...["/proc/self/fd/3", "run", "--quiet", "--no-config", "--no-lock", "--no-npm"],
      ...runtimeFlags(program),
      // Deno would transpile TypeScript, and try for 150 ms to keep the result in a cache.
      "--ext=js",
      ...flags,
      "-",
    ],
    openFilesOf: (program) => [scripts[program], runtime],
  };
}

/**
 * Tells how the runtime of a daemon differs from Deno's default, permissions apart.
 *
 * @param program The daemon's program.
 * @returns Deno's flags.
 */
export function runtimeFlags(program: DaemonProgram): readonly string[] {
  if (program === "probe") return [];
  // Deno still calls SO_REUSEPORT on TCP listeners unstable; inner's successor needs it.
  return program === "outer" ? [HEAP] : [HEAP, "--unstable-net"];
}
