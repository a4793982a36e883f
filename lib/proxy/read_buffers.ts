/**
 * The buffers that strings are read into. The bytes of a stream are written to its peer from the same buffer, without a
 * copy. A buffer is free again once everything in it has been written.
 *
 * @module
 */

/** The length of a buffer, in bytes. The other half seldom writes more at once. */
const LENGTH = 64 * 1024;

/**
 * How many buffers slow peers may hold at once, for all strings together. Beyond that, bytes are copied, so that a peer
 * that does not read holds its own bytes only. As many free buffers are kept for later.
 */
const MOST_HELD_UP = 16;

/** A buffer with a count of its users. */
export class ReadBuffer {
  /** The buffer. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(LENGTH);
  /** How many streams use a part of it, plus one for the string. */
  users = 1;
}

const free: ReadBuffer[] = [];
let heldUp = 0;

/** Tells whether slow peers hold so many buffers that no more should be lent. */
export function areReadBuffersShort(): boolean {
  return heldUp >= MOST_HELD_UP;
}

/**
 * Takes a free buffer for a string.
 *
 * @returns The buffer, with one user.
 */
export function takeReadBuffer(): ReadBuffer {
  return free.pop() ?? new ReadBuffer();
}

/**
 * Gives back a string's buffer. Streams may still use parts of it.
 *
 * @param buffer The buffer.
 */
export function leaveReadBuffer(buffer: ReadBuffer): void {
  heldUp++;
  releaseReadBuffer(buffer);
}

/**
 * Gives back a part of a buffer.
 *
 * @param buffer The buffer. It is free when the string and all users have given it back.
 */
export function releaseReadBuffer(buffer: ReadBuffer): void {
  if (--buffer.users > 0) return;
  heldUp--;
  buffer.users = 1;
  if (free.length < MOST_HELD_UP) free.push(buffer);
}
