/**
 * What a proxy answers to a stream of the probe, in place of passing bytes: one line of JSON. Pure.
 *
 * The stream's address says that it is one: `PROBE_ADDRESS` of `lib/names.ts`. It needs no frame of its own, so a proxy
 * of a version that does not know the probe serves it like a guest's.
 *
 * @module
 */

import type { Attempt } from "../connect_all.ts";
import { isObject } from "../is_object.ts";
import { parseJson } from "../parse_json.ts";

/** The longest answer, in bytes. */
export const LONGEST_PROBE_ANSWER = 4096;

/** A proxy's answer. */
export interface ProbeAnswer {
  /** The proxy that has the last word: inner, if it can't reach outer. */
  readonly from: "inner" | "outer";
  /** What has become of a connection to each address of the service; none from inner. */
  readonly attempts: readonly Attempt[];
  /** How long all of them took together, in milliseconds; 0 from inner. */
  readonly ms: number;
  /** Why nothing was tried; missing if something was. */
  readonly error?: string;
}

/**
 * Encodes an answer.
 *
 * @param answer The answer.
 * @returns A line. It is cut if the answer is longer than it may be.
 */
export function encodeProbeAnswer(answer: ProbeAnswer): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(answer)}\n`).slice(0, LONGEST_PROBE_ANSWER);
}

/**
 * Parses an answer. A service may have written it, if a proxy does not know the probe.
 *
 * @param text What came.
 * @returns The answer, whose texts may hold anything; `undefined` if it is none.
 */
export function parseProbeAnswer(text: string): ProbeAnswer | undefined {
  const value = parseJson(text);
  if (!isObject<"from" | "attempts" | "ms" | "error">(value)) return undefined;
  const { from, attempts, ms, error } = value;
  if ((from !== "inner" && from !== "outer") || !isTime(ms)) return undefined;
  if (error !== undefined && typeof error !== "string") return undefined;
  if (!Array.isArray(attempts) || !attempts.every(isAttempt)) return undefined;
  return { from, attempts, ms, ...(error === undefined ? {} : { error }) };
}

/**
 * Tells whether a value says what has become of one connection.
 *
 * @param value Anything.
 * @returns Whether it is one.
 */
export function isAttempt(value: unknown): value is Attempt {
  if (!isObject<"target" | "ms" | "error">(value) || typeof value.target !== "string") return false;
  return value.ms === undefined ? typeof value.error === "string" : isTime(value.ms) && value.error === undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
