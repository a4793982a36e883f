/**
 * Doing a part of a pass that keeps no other part from being done.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";

/**
 * Does a part of a pass. An error is logged, since the next pass tries again.
 *
 * @param what What is done, as a phrase that follows "cannot".
 * @param work Does it.
 * @returns What it returns; `undefined` if it failed.
 */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.error(`Cannot ${what}; trying again`, { error: describe(error) });
    return undefined;
  }
}
