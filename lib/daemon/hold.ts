/**
 * The hold that `tproxy stop` puts on the proxies: nothing starts them until an operator or a driver does. It is a file
 * under `/run`, so it ends when the machine starts anew.
 *
 * @module
 */

import { RUN_FILES } from "../names.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";

/** What there is to know of a hold, and what ends it. */
export const HELD = 'The proxies were stopped by "tproxy stop"; run "tproxy start"';

/**
 * Puts the hold on. Whoever calls it holds the daemons' lock, so that no pass of a watch is half done.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function hold(): Promise<void> {
  await replaceFile(RUN_FILES.hold, "", 0);
}

/**
 * Ends the hold; none is fine.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for `/run/one_tproxy`.
 */
export async function release(): Promise<void> {
  await removeIfThere(RUN_FILES.hold);
}

/**
 * Tells whether the proxies are to stay stopped.
 *
 * @returns Whether the hold is on.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for `/run/one_tproxy`.
 */
export async function isHeld(): Promise<boolean> {
  return await lstatIfThere(RUN_FILES.hold) !== undefined;
}
