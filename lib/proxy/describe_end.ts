/**
 * What is logged of a stream's end.
 *
 * @module
 */

import { describe } from "../errors.ts";

/**
 * Describes the end of a stream.
 *
 * @param openedAt When it was opened, from `performance.now()`.
 * @param error What has ended it; `undefined` if both sides have sent all that they would.
 * @returns How long it has lived, in milliseconds, and why it has ended.
 */
export function describeEnd(openedAt: number, error: unknown): { ms: number; why: string } {
  const why = error === undefined ? "both sides have ended it" : describe(error);
  return { ms: Math.round(performance.now() - openedAt), why };
}
