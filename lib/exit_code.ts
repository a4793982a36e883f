/**
 * The exit codes of all entrypoints, each with one meaning, and the line that they print about an error.
 * docs/commands.md lists the same codes for people.
 *
 * @module
 */

import { describe, NotNotedError, TproxyError } from "./errors.ts";

/** It is done, or all is well. */
export const OK = 0;
/** It is not done, or not all of it, or not all is well; lines say why. */
export const FAILED = 1;
/** The command line is not valid. */
export const USAGE = 2;
/** No proxy runs. Init scripts take 3 for "not running", too (Linux Standard Base, init script actions). */
export const NONE_RUNS = 3;
/** Some proxies run, and something is not as it should be. */
export const FAULTY = 4;
/** It is done, but a service stays as it was, because its entry in the configuration can't be used. */
export const KEPT = 5;
/** Nothing was changed: more than half of all services would go, and nobody has said that this is meant. */
export const NEEDS_YES = 6;
/**
 * A small program can't know what it needs, and has changed nothing; its launcher runs the one that can in its place.
 * The number is EX_TEMPFAIL of sysexits(3).
 */
export const ASK_ANOTHER = 75;

/**
 * Runs the work of an entrypoint, and prints a line if it throws.
 *
 * @param program The entrypoint's name, which the line begins with.
 * @param work The work; it returns the exit code.
 * @param output Where the line goes. A daemon's line goes to standard output, which `tproxy` reads.
 * @returns The exit code; {@linkcode FAILED} if the work throws, or {@linkcode ASK_ANOTHER}, without a line, for a
 * {@linkcode NotNotedError}.
 */
export async function exitCodeOf(
  program: string,
  work: () => Promise<number>,
  output: { writeSync(bytes: Uint8Array): number } = Deno.stderr,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotNotedError) return ASK_ANOTHER;
    const line = `${program}: error: ${describe(error)}${hint(error)}\n`;
    try {
      output.writeSync(new TextEncoder().encode(line));
    } catch {
      // The reader has gone. The exit code still tells the failure.
    }
    return FAILED;
  }
}

function hint(error: unknown): string {
  if (error instanceof TproxyError || !(error instanceof Deno.errors.NotCapable)) return "";
  return "; its permissions are listed in docs/permissions.md";
}
