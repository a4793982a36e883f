/**
 * The frames of the string: what inner and outer say to each other on one connection about all streams of a bridge. Pure.
 *
 * A frame is a header of 8 bytes, all numbers in network byte order, and a payload:
 *
 * | bytes | field |
 * |---|---|
 * | 0 | type |
 * | 1 to 3 | length of the payload |
 * | 4 to 7 | the channel's number; 0 for GOAWAY |
 *
 * | type | from | payload | meaning |
 * |---|---|---|---|
 * | OPEN | inner | guest's address, guest's port, service port | a guest has called; the number is larger than any before |
 * | DATA | both | 1 to {@linkcode WINDOW} bytes | bytes of the stream, of which the peer has given credit |
 * | FIN | both | none | no bytes follow in this direction |
 * | RST | both | a reason | the stream is over; after a FIN, what was sent before it is still delivered |
 * | CREDIT | both | 4 bytes: a count | so many more bytes may be sent |
 * | PROMOTE | outer | none | this stream carries much; a connection of its own would do it good |
 * | SWITCH | both | none | all further bytes in this direction come on the stream's own connection |
 * | GOAWAY | outer | none | open no more streams here; those that are open go on |
 *
 * @module
 */

import { TproxyError } from "../errors.ts";

/** How long a frame's header is, in bytes. */
export const HEADER_LENGTH = 8;

/** How many bytes of a stream may be under way in each direction before the peer has given credit, and in one frame. */
export const WINDOW = 64 * 1024;

/** The largest number a channel can have: small enough for V8 to hold it without an allocation. */
export const LAST_CHANNEL = 2 ** 30;

/** How long a frame other than DATA is at most: OPEN. */
export const LONGEST_CONTROL = HEADER_LENGTH + 8;

/** The types of frames. */
export const FRAME = { open: 1, data: 2, fin: 3, rst: 4, credit: 5, promote: 6, switch: 7, goAway: 8 } as const;

/** The length of the payload of each type: index 0 is no type, and DATA has one of its own. */
export const PAYLOAD_LENGTHS: readonly number[] = [-1, 8, -1, 0, 1, 4, 0, 0, 0];

/** Why a stream is over. */
export type ResetReason = 0 | 1 | 2 | 3;

/** The reasons that an RST gives. */
export const RESET = {
  /** One of its ends is gone: the peer reset it, or can't be written to. */
  gone: 0,
  /** The service could not be reached, or there is none. */
  unreachable: 1,
  /** A limit was reached. */
  refused: 2,
  /** It was silent for too long. */
  idle: 3,
} as const satisfies Record<string, ResetReason>;

/** The peer has sent what it can't have sent. The string is of no use any more. */
export class ProtocolError extends TproxyError {}
