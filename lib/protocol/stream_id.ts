/**
 * The ID of a stream, by which both halves log it: the number of its string and the number of its channel there. Pure.
 *
 * @module
 */

import { LAST_CHANNEL } from "./frames.ts";

/** An ID, for example `9f3a01c2-17`. */
export type StreamId = string & { readonly validated: "StreamId" };

/**
 * Writes an ID.
 *
 * @param string The number of the string, of 32 bits.
 * @param channel The number of the channel.
 * @returns Eight hexadecimal digits, "-" and a decimal number.
 */
export function streamId(string: number, channel: number): StreamId {
  return `${string.toString(16).padStart(8, "0")}-${channel}` as StreamId;
}

/**
 * Tells whether a value is an ID as {@linkcode streamId} writes it.
 *
 * @param value Anything.
 * @returns Whether it is.
 */
export function isStreamId(value: unknown): value is StreamId {
  return typeof value === "string" && /^[0-9a-f]{8}-[1-9]\d{0,9}$/.test(value) &&
    Number(value.slice(9)) <= LAST_CHANNEL;
}
