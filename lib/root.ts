/**
 * Checking that a command runs as root.
 *
 * @module
 */

import { TproxyError } from "./errors.ts";

/**
 * Throws unless the user is root. Commands call it before they do anything else.
 *
 * @throws {TproxyError} If the user is not root.
 * @throws {Deno.errors.NotCapable} Without `--allow-sys=uid`.
 */
export function requireRoot(): void {
  if (Deno.uid() !== 0) throw new TproxyError("Only root can do this", "run it with sudo");
}
