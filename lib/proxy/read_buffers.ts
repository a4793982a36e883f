/**
 * The buffers that strings are read into. What comes for a stream is written to its peer from there, without a copy, so a
 * buffer is used again once all of it has been written.
 *
 * @module
 */

/** How long each is, in bytes: a write to a UNIX socket of the other half is seldom longer. */
const LENGTH = 64 * 1024;

/**
 * How many may be held up by peers at once, whatever string they belong to; so many are kept for later, too. What comes
 * beyond them is copied, so that a peer that reads nothing holds its own bytes only.
 */
const MOST_HELD_UP = 16;

/** A buffer, and how many have a part of it. */
export class ReadBuffer {
  /** The buffer. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(LENGTH);
  /** How many have a part of it, the string itself included. */
  users = 1;
}

const free: ReadBuffer[] = [];
let heldUp = 0;

/** Whether so many are held up that no more should be. */
export function areReadBuffersShort(): boolean {
  return heldUp >= MOST_HELD_UP;
}

/**
 * Takes a buffer that nobody has, for a string.
 *
 * @returns It, with one user.
 */
export function takeReadBuffer(): ReadBuffer {
  return free.pop() ?? new ReadBuffer();
}

/**
 * Gives back a string's buffer, which others may still have a part of.
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
 * @param buffer The buffer; it is free when its string and its last user have given it back.
 */
export function releaseReadBuffer(buffer: ReadBuffer): void {
  if (--buffer.users > 0) return;
  heldUp--;
  buffer.users = 1;
  if (free.length < MOST_HELD_UP) free.push(buffer);
}
