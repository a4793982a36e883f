/**
 * The buffers that strings are read into. What comes for a stream is written to its peer from there, without a copy, so a
 * buffer is used again once all of it has been written.
 *
 * @module
 */

/** How long each is, in bytes: a write to a UNIX socket of the other half is seldom longer. */
export const HOLDER = 64 * 1024;

/**
 * How many may be in use at once, and are kept for later; what comes beyond them is copied, so that a peer that reads nothing
 * holds its own bytes only.
 */
const MOST_IN_USE = 16;

/** A buffer, and how many have a part of it. */
export class Holder {
  /** The buffer. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(HOLDER);
  /** How many have a part of it, the string itself included. */
  users = 0;
}

const free: Holder[] = [];
let inUse = 0;

/** Whether so many are in use that none should be kept for long. */
export function areHoldersShort(): boolean {
  return inUse >= MOST_IN_USE;
}

/**
 * Takes a buffer that nobody has.
 *
 * @returns It, with one user.
 */
export function takeHolder(): Holder {
  const holder = free.pop() ?? new Holder();
  holder.users = 1;
  inUse++;
  return holder;
}

/**
 * Gives back a part of a buffer, or the buffer.
 *
 * @param holder The buffer; it is free when its last user has given it back.
 */
export function releaseHolder(holder: Holder): void {
  if (--holder.users > 0) return;
  inUse--;
  if (free.length < MOST_IN_USE) free.push(holder);
}
