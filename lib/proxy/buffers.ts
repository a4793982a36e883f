/**
 * The buffers of streams. They start small, grow when reads fill them, and are used again.
 *
 * @module
 */

/**
 * A stream waits with a small buffer, since most streams wait most of the time: a thousand idle ones take 4 MB. A large one
 * holds what one read brings from a socket that is full: its default buffer, 212,992 bytes, or what TCP makes of it.
 */
const SIZES = [2 * 1024, 32 * 1024, 256 * 1024] as const;

/** How many bytes of each size are kept for other streams: enough for a burst, and little to keep after one. */
const KEPT_BYTES = 1024 * 1024;

const [SMALL] = SIZES;

const kept: ReadonlyMap<number, Uint8Array<ArrayBuffer>[]> = new Map(SIZES.map((size) => [size, []]));

/**
 * Takes a buffer.
 *
 * @param size How long it has to be, in bytes: one of the sizes that {@linkcode fitting} goes through; the smallest unless
 * told.
 * @returns A buffer with whatever was in it last: read from it only what was written to it.
 */
export function takeBuffer(size: number = SMALL): Uint8Array<ArrayBuffer> {
  return kept.get(size)?.pop() ?? new Uint8Array(size);
}

/**
 * Gives a buffer back for other streams.
 *
 * @param buffer A buffer that nothing reads from or writes to any more.
 */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const others = kept.get(buffer.length);
  if (others !== undefined && others.length * buffer.length < KEPT_BYTES) others.push(buffer);
}

/**
 * Chooses the buffer for the next read: more room after one that was filled, little again when hardly any was needed.
 *
 * @param buffer The buffer of the last read; the caller gives it away.
 * @param count How many bytes that brought.
 * @returns The same, or another one.
 */
export function fitting(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  const size = count === buffer.length
    ? SIZES.find((size) => size > count)
    : count < SMALL / 2 && buffer.length > SMALL
    ? SMALL
    : undefined;
  if (size === undefined) return buffer;
  giveBuffer(buffer);
  return takeBuffer(size);
}
