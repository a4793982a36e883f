/**
 * In which form this program is there.
 *
 * @module
 */

import { checkout } from "./checkout.ts";
import { compiled } from "./compiled.ts";
import { distribution } from "./distribution.ts";
import type { Form } from "./form.ts";

/**
 * Tells in which form this program is there.
 *
 * @param module The URL of this module in a checkout, or of the one file that a distribution's program is.
 * @returns The form, with the paths of its files.
 * @throws {import("../errors.ts").DaemonError} If a compiled program is where it can't start the others.
 */
export function currentForm(module: string = import.meta.url): Form {
  if (Deno.build.standalone) return compiled(Deno.execPath());
  const pathOf = (relative: string) => decodeURIComponent(new URL(relative, module).pathname);
  return module.endsWith(".ts") ? checkout(pathOf("../../")) : distribution(pathOf(".").replace(/\/$/, ""));
}
