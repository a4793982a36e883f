/**
 * The frames of the string, the connection between inner and outer that carries all streams of a bridge. Pure.
 *
 * A frame is a header of 8 bytes and a payload. All numbers are in network byte order.
 *
 * | bytes | field |
 * |---|---|
 * | 0 | type |
 * | 1 to 3 | length of the payload |
 * | 4 to 7 | the channel's number; 0 for GOAWAY and TRACE |
 *
 * | type | from | payload | meaning |
 * |---|---|---|---|
 * | OPEN | inner | guest's address, guest's port, service port | a guest has connected; the channel's number is larger than any before |
 * | DATA | both | 1 to {@linkcode WINDOW} bytes | bytes of the stream, within the credit that the peer has given |
 * | FIN | both | none | no bytes follow in this direction |
 * | RST | both | a reason | the stream is over; after a FIN, what was sent before it is still delivered |
 * | CREDIT | both | 4 bytes: a count | the peer may send this many more bytes |
 * | PROMOTE | outer | none | this stream carries much and should get a connection of its own |
 * | SWITCH | both | none | all further bytes in this direction come on the stream's own connection |
 * | GOAWAY | outer | none | inner opens no more streams here; open streams go on |
 * | TRACE | outer | guest's address, seconds (2 bytes) | inner logs the guest's streams for that time |
 *
 * @module
 */

import { TproxyError } from "../errors.ts";

/** How long a frame's header is, in bytes. */
export const HEADER_LENGTH = 8;

/** The initial credit of each direction of a stream, in bytes, and the longest payload of a frame. */
export const WINDOW = 64 * 1024;

/** The largest number a channel can have: small enough for V8 to hold it without an allocation. */
export const LAST_CHANNEL = 2 ** 30;

/** The length of the longest frame other than DATA, which is OPEN. */
export const LONGEST_CONTROL = HEADER_LENGTH + 8;

/** The types of frames. */
export const FRAME = {
  open: 1,
  data: 2,
  fin: 3,
  rst: 4,
  credit: 5,
  promote: 6,
  switch: 7,
  goAway: 8,
  trace: 9,
} as const;

/** The length of the payload of each type. Index 0 is no type, and the length of DATA varies; both are -1. */
export const PAYLOAD_LENGTHS: readonly number[] = [-1, 8, -1, 0, 1, 4, 0, 0, 0, 6];

/** Why a stream is over. */
export type ResetReason = 0 | 1 | 2 | 3;

/** The reasons in an RST. */
export const RESET = {
  /** One end is gone: it has reset its connection, or can't be written to. */
  gone: 0,
  /** The service could not be reached, or there is none. */
  unreachable: 1,
  /** A limit was reached. */
  refused: 2,
  /** It was idle for too long. */
  idle: 3,
} as const satisfies Record<string, ResetReason>;

/** What the receiver of an RST logs, by the reason in it. */
export const RESET_WORDS: Readonly<Record<ResetReason, string>> = {
  [RESET.gone]: "the other end is gone",
  [RESET.unreachable]: "the service can't be reached",
  [RESET.refused]: "the outer proxy has too many streams",
  [RESET.idle]: "it was silent for too long",
};

/** The peer has broken the protocol. The string can't be used any more. */
export class ProtocolError extends TproxyError {}
