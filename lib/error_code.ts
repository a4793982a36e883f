/**
 * The code of a system call's error.
 *
 * @module
 */

/**
 * Gets the code of an error of `node:fs`.
 *
 * @param error What was thrown.
 * @returns For example `ENOENT`, or `undefined` if it has none.
 */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
