/**
 * How every entrypoint ends: with an exit code, and with one line about an error.
 *
 * @module
 */

import { describe, TproxyError } from "./errors.ts";

/** It did what it was asked to. */
export const OK = 0;
/** It could not; the line says why. */
export const FAILED = 1;
/** It was asked for something that does not exist. */
export const USAGE = 2;
/** It did what it was asked to, but a service stays as it was, since its entry in the configuration can't be used. */
export const KEPT = 3;

/**
 * Runs an entrypoint's work.
 *
 * @param program The entrypoint's name, which begins the line about an error.
 * @param work The work; it returns the exit code.
 * @param output Where the line goes. A daemon's goes to standard output, where whoever starts it listens.
 * @returns The exit code; {@linkcode FAILED} if the work throws.
 */
export async function exitCodeOf(
  program: string,
  work: () => Promise<number>,
  output: { writeSync(bytes: Uint8Array): number } = Deno.stderr,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const line = `${program}: error: ${describe(error)}${hint(error)}\n`;
    try {
      output.writeSync(new TextEncoder().encode(line));
    } catch {
      // Whoever listened has gone; the exit code is all that is left to say.
    }
    return FAILED;
  }
}

function hint(error: unknown): string {
  if (error instanceof TproxyError || !(error instanceof Deno.errors.NotCapable)) return "";
  return "; its permissions are listed in docs/security.md";
}
