/**
 * The buffers of streams. They start small, grow when reads fill them, and are used again.
 *
 * @module
 */

/** A stream waits with a small buffer, since most streams wait most of the time: a thousand idle ones take 8 MB. */
const SMALL = 4 * 1024;

/** What the kernel gives in one read from a socket with its default buffer, 212,992 bytes, is seldom more. */
const LARGE = 256 * 1024;

/** How many of a size are kept: enough for a burst, and few enough to forget about after one. */
const KEPT_SMALL = 256;
const KEPT_LARGE = 8;

const small: Uint8Array<ArrayBuffer>[] = [];
const large: Uint8Array<ArrayBuffer>[] = [];

/**
 * Takes a small buffer.
 *
 * @returns 4 KiB, with whatever was in it last: read from it only what was written to it.
 */
export function takeBuffer(): Uint8Array<ArrayBuffer> {
  return small.pop() ?? new Uint8Array(SMALL);
}

/**
 * Gives a buffer back for other streams.
 *
 * @param buffer A buffer that nothing reads from or writes to any more.
 */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (buffer.length === SMALL && small.length < KEPT_SMALL) small.push(buffer);
  else if (buffer.length === LARGE && large.length < KEPT_LARGE) large.push(buffer);
}

/**
 * Chooses the buffer for the next read: more room after one that was filled, little again when hardly any was needed.
 *
 * @param buffer The buffer of the last read; the caller gives it away.
 * @param count How many bytes that brought.
 * @returns The same, or another one.
 */
export function fitting(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  if (count === buffer.length && count < LARGE) {
    giveBuffer(buffer);
    return large.pop() ?? new Uint8Array(LARGE);
  }
  if (count < SMALL / 2 && buffer.length > SMALL) {
    giveBuffer(buffer);
    return takeBuffer();
  }
  return buffer;
}
