/**
 * Who runs a command.
 *
 * @module
 */

import { TproxyError } from "./errors.ts";

/**
 * Refuses whoever is not root, before anything is looked at or tried.
 *
 * @throws {TproxyError} If the user is another one.
 * @throws {Deno.errors.NotCapable} Without `--allow-sys=uid`.
 */
export function requireRoot(): void {
  if (Deno.uid() !== 0) throw new TproxyError("Only root can do this", "run it with sudo");
}
