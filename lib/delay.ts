/**
 * Waiting for a while.
 *
 * @module
 */

/**
 * Waits.
 *
 * @param ms For how many milliseconds.
 * @returns When they are over.
 */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
