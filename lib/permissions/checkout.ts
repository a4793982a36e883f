/**
 * The form of a checkout, whose daemons `deno task tproxy` bundles.
 *
 * @module
 */

import { type DenoForm, runByDeno } from "./run_by_deno.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/**
 * Describes a checkout.
 *
 * @param root Its folder, with "/" at the end; by default the checkout that this module is in.
 * @returns Its form. The runtime is the one that runs this program.
 */
export function checkout(root: string = ROOT): DenoForm {
  return runByDeno(Deno.execPath(), `${root}.build`);
}
