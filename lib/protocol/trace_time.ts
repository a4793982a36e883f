/**
 * For how long a guest may be traced. Pure.
 *
 * @module
 */

/** For how many seconds a guest may be traced. */
export const LONGEST_TRACE = 3_600;

/**
 * Tells whether a guest may be traced for a time.
 *
 * @param value Anything.
 * @returns Whether it is a whole number of seconds from 1 to {@linkcode LONGEST_TRACE}.
 */
export function isTraceTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= LONGEST_TRACE;
}
