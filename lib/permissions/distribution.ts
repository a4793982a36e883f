/**
 * The form of a distribution, as `deno task dist` makes it and `install.sh` installs it.
 *
 * @module
 */

import { driversFolder } from "../remotes.ts";
import { type DenoForm, runByDeno } from "./run_by_deno.ts";

/**
 * Describes a distribution.
 *
 * @param lib The folder `lib` of it, in which all programs are.
 * @param runtime The runtime; by default the one that runs this program.
 * @param drivers The network drivers' folder; by default that of this hypervisor.
 * @returns Its form.
 */
export function distribution(
  lib: string,
  runtime: string = Deno.execPath(),
  drivers: string = driversFolder(),
): DenoForm {
  const form = runByDeno(runtime, lib);
  const root = lib.slice(0, -"/lib".length);
  // install.sh puts each version below versions/ of its prefix.
  const modeFile = `${root}/../../mode`;
  const refusedFile = `${root}/../../remotes/refused`;
  return {
    ...form,
    installed: [modeFile, refusedFile, drivers],
    drivers,
    share: [`${root}/share`],
    kept: [modeFile, `${root}/../../kept`],
    modeFile,
    refusedFile,
  };
}
