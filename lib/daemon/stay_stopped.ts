/**
 * The file by which `tproxy stop` keeps a watch from starting the proxies again. It is under `/run`, so a reboot
 * removes it.
 *
 * @module
 */

import { RUN_FILES } from "../paths.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";

/** What to tell a person while the proxies stay stopped. */
export const STAYS_STOPPED = 'The proxies were stopped by "tproxy stop"; run "tproxy start"';

/**
 * Has the proxies stay stopped. The caller has the daemons' lock, so that no watch is in the middle of a pass.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function keepStopped(): void {
  replaceFile(RUN_FILES.hold, "", 0);
}

/**
 * Lets the proxies be started again.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for `/run/one_tproxy`.
 */
export function allowStart(): void {
  removeIfThere(RUN_FILES.hold);
}

/**
 * Tells whether the proxies are to stay stopped.
 *
 * @returns Whether {@linkcode keepStopped} was called last.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for `/run/one_tproxy`.
 */
export function staysStopped(): boolean {
  return lstatIfThere(RUN_FILES.hold) !== undefined;
}
