/**
 * Waiting for a time.
 *
 * @module
 */

/**
 * Waits for a time.
 *
 * @param ms How long, in milliseconds.
 * @returns A promise that resolves after that time.
 */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
