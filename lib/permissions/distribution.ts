/**
 * The form of a distribution, as `deno task dist` makes it and `install.sh` installs it.
 *
 * @module
 */

import { DRIVERS_DIR } from "../paths.ts";
import { type DenoForm, runByDeno } from "./run_by_deno.ts";

/**
 * Describes a distribution.
 *
 * @param lib The folder `lib` of it, in which all programs are.
 * @param runtime The runtime; by default the one that runs this program.
 * @returns Its form.
 */
export function distribution(lib: string, runtime: string = Deno.execPath()): DenoForm {
  const form = runByDeno(runtime, lib);
  const root = lib.slice(0, -"/lib".length);
  // install.sh puts each version below versions/ of its prefix.
  const modeFile = `${root}/../../mode`;
  return {
    ...form,
    installed: [modeFile, DRIVERS_DIR],
    share: [`${root}/share`],
    kept: [modeFile, `${root}/../../kept`],
    modeFile,
  };
}
