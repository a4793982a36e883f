/**
 * Telling whether a value is a number of things.
 *
 * @module
 */

/**
 * Tells whether a value is a number of things.
 *
 * @param value Anything.
 * @returns Whether it is an integer from 0 to 2^53 - 1, to which more can be added without losing any.
 */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
