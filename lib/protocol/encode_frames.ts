/**
 * Encoding frames into the caller's buffer; `frames.ts` describes them.
 *
 * @module
 */

import { FRAME, HEADER_LENGTH, type ResetReason } from "./frames.ts";

/** The type of a frame that has no payload. */
export type BareType = (typeof FRAME)["fin" | "promote" | "switch" | "goAway"];

/**
 * Writes an OPEN frame.
 *
 * @param bytes Where to; 16 bytes have to be free.
 * @param at The first of them.
 * @param channel The stream's number.
 * @param guest The guest's IPv4 address in dotted decimal, its port, and the service port.
 * @returns The first byte behind the frame.
 */
export function encodeOpen(
  bytes: Uint8Array,
  at: number,
  channel: number,
  guest: { readonly address: string; readonly port: number; readonly servicePort: number },
): number {
  const payload = encodeHeader(bytes, at, FRAME.open, channel, 8);
  let place = payload;
  let value = 0;
  // Not split(), which would allocate five objects for each new stream.
  for (let i = 0; i < guest.address.length; i++) {
    const code = guest.address.charCodeAt(i);
    if (code === DOT) {
      bytes[place++] = value;
      value = 0;
    } else {
      value = value * 10 + code - ZERO;
    }
  }
  bytes[place] = value;
  bytes[payload + 4] = guest.port >>> 8;
  bytes[payload + 5] = guest.port;
  bytes[payload + 6] = guest.servicePort >>> 8;
  bytes[payload + 7] = guest.servicePort;
  return payload + 8;
}

const DOT = ".".charCodeAt(0);
const ZERO = "0".charCodeAt(0);

/**
 * Writes a DATA frame.
 *
 * @param bytes Where to; the payload and 8 more bytes have to be free.
 * @param at The first of them.
 * @param channel The stream's number.
 * @param payload The stream's bytes, from 1 to {@linkcode import("./frames.ts").WINDOW}.
 * @returns The first byte behind the frame.
 */
export function encodeData(bytes: Uint8Array, at: number, channel: number, payload: Uint8Array): number {
  const start = encodeHeader(bytes, at, FRAME.data, channel, payload.length);
  bytes.set(payload, start);
  return start + payload.length;
}

/**
 * Writes an RST frame.
 *
 * @param bytes Where to; 9 bytes have to be free.
 * @param at The first of them.
 * @param channel The stream's number.
 * @param reason Why the stream is over.
 * @returns The first byte behind the frame.
 */
export function encodeReset(bytes: Uint8Array, at: number, channel: number, reason: ResetReason): number {
  const payload = encodeHeader(bytes, at, FRAME.rst, channel, 1);
  bytes[payload] = reason;
  return payload + 1;
}

/**
 * Writes a CREDIT frame.
 *
 * @param bytes Where to; 12 bytes have to be free.
 * @param at The first of them.
 * @param channel The stream's number.
 * @param count How many more bytes the peer may send.
 * @returns The first byte behind the frame.
 */
export function encodeCredit(bytes: Uint8Array, at: number, channel: number, count: number): number {
  const payload = encodeHeader(bytes, at, FRAME.credit, channel, 4);
  bytes[payload] = count >>> 24;
  bytes[payload + 1] = count >>> 16;
  bytes[payload + 2] = count >>> 8;
  bytes[payload + 3] = count;
  return payload + 4;
}

/**
 * Writes a TRACE frame.
 *
 * @param bytes Where to; 14 bytes have to be free.
 * @param at The first of them.
 * @param address The guest's address, as one number.
 * @param seconds For how many seconds.
 * @returns The first byte behind the frame.
 */
export function encodeTrace(bytes: Uint8Array, at: number, address: number, seconds: number): number {
  const payload = encodeHeader(bytes, at, FRAME.trace, 0, 6);
  bytes[payload] = address >>> 24;
  bytes[payload + 1] = address >>> 16;
  bytes[payload + 2] = address >>> 8;
  bytes[payload + 3] = address;
  bytes[payload + 4] = seconds >>> 8;
  bytes[payload + 5] = seconds;
  return payload + 6;
}

/**
 * Writes a frame that has no payload.
 *
 * @param bytes Where to; 8 bytes have to be free.
 * @param at The first of them.
 * @param type Its type.
 * @param channel The stream's number, 0 for GOAWAY.
 * @returns The first byte behind the frame.
 */
export function encodeBare(bytes: Uint8Array, at: number, type: BareType, channel: number): number {
  return encodeHeader(bytes, at, type, channel, 0);
}

function encodeHeader(bytes: Uint8Array, at: number, type: number, channel: number, length: number): number {
  bytes[at] = type;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
  bytes[at + 4] = channel >>> 24;
  bytes[at + 5] = channel >>> 16;
  bytes[at + 6] = channel >>> 8;
  bytes[at + 7] = channel;
  return at + HEADER_LENGTH;
}
