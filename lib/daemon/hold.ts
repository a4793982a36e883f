/**
 * The hold by which `tproxy stop` keeps a watch from starting the proxies again. It is a file under `/run`, so a reboot ends
 * it.
 *
 * @module
 */

import { RUN_FILES } from "../names.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";

/** What to tell a person about a hold. */
export const HELD = 'The proxies were stopped by "tproxy stop"; run "tproxy start"';

/**
 * Begins the hold. The caller has the daemons' lock, so that no watch is in the middle of a pass.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function hold(): Promise<void> {
  await replaceFile(RUN_FILES.hold, "", 0);
}

/**
 * Ends the hold, if there is one.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for `/run/one_tproxy`.
 */
export async function release(): Promise<void> {
  await removeIfThere(RUN_FILES.hold);
}

/**
 * Tells whether there is a hold.
 *
 * @returns Whether the proxies are to stay stopped.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for `/run/one_tproxy`.
 */
export async function isHeld(): Promise<boolean> {
  return await lstatIfThere(RUN_FILES.hold) !== undefined;
}
