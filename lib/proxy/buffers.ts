/**
 * The buffers of streams, used again and again.
 *
 * They are cut from slabs of about 430 KiB. The C library maps so long an allocation by itself: pages to which no byte has
 * come take no memory, so a stream that waits takes little; and a slab that has not been needed for a while goes back to
 * the system, so a burst leaves nothing behind.
 *
 * @module
 */

/**
 * Twice what a UNIX socket takes in one write: six pieces of 36,544 bytes fill its default buffer of 212,992 (as strace
 * shows, Linux 6.18). Of another length, the last of several writes would be of a small rest.
 */
export const LARGE = 2 * 6 * 36_544;

/** What a stream grows through. */
export const MEDIUM = 32 * 1024;

/** What a stream waits with, since most streams wait most of the time. */
export const SMALL = 2 * 1024;

/** Buffers of one size that share an allocation. */
interface Slab {
  readonly memory: ArrayBuffer;
  readonly pool: Pool;
  /** Those that nobody has. */
  readonly free: Uint8Array<ArrayBuffer>[];
  /** The offsets of those that somebody has. */
  readonly taken: Set<number>;
}

const slabs = new Map<ArrayBufferLike, Slab>();

/** The buffers of one size. */
class Pool {
  readonly #size: number;
  /** Those with a buffer that is free; the last one is taken from. */
  readonly #open: Slab[] = [];
  /** How many of them have no buffer in use, and how many at least since the last time that was looked at. */
  #unused = 0;
  #spare = 0;
  /** How many buffers somebody has. */
  taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take(): Uint8Array<ArrayBuffer> {
    const slab = this.#open.at(-1) ?? this.#grow();
    if (slab.taken.size === 0) this.#spare = Math.min(this.#spare, --this.#unused);
    const buffer = slab.free.pop() as Uint8Array<ArrayBuffer>;
    slab.taken.add(buffer.byteOffset);
    this.taken++;
    if (slab.free.length === 0) this.#open.pop();
    return buffer;
  }

  give(slab: Slab, buffer: Uint8Array<ArrayBuffer>): void {
    const offset = buffer.byteOffset - buffer.byteOffset % this.#size;
    if (!slab.taken.delete(offset)) throw new RangeError("A buffer was given back twice");
    this.taken--;
    if (slab.free.length === 0) this.#open.push(slab);
    slab.free.push(buffer.length === this.#size ? buffer : new Uint8Array(slab.memory, offset, this.#size));
    if (slab.taken.size === 0) this.#unused++;
  }

  release(): void {
    for (const slab of this.#open.filter(({ taken }) => taken.size === 0).slice(0, this.#spare)) {
      this.#open.splice(this.#open.indexOf(slab), 1);
      this.#unused--;
      slabs.delete(slab.memory);
      // Frees it now, not when it is collected as garbage.
      slab.memory.transfer(0);
    }
    this.#spare = this.#unused;
  }

  #grow(): Slab {
    const count = Math.ceil(LARGE / this.#size);
    const memory = new ArrayBuffer(count * this.#size);
    const free = Array.from({ length: count }, (_, i) => new Uint8Array(memory, i * this.#size, this.#size));
    const slab = { memory, pool: this, free, taken: new Set<number>() };
    slabs.set(memory, slab);
    this.#open.push(slab);
    this.#unused++;
    return slab;
  }
}

const pools: ReadonlyMap<number, Pool> = new Map([SMALL, MEDIUM, LARGE].map((size) => [size, new Pool(size)]));

/**
 * Takes a buffer.
 *
 * @param size How long it has to be, in bytes: {@linkcode SMALL} unless told, {@linkcode MEDIUM} or {@linkcode LARGE}.
 * @returns A buffer with whatever was in it last: read from it only what was written to it.
 */
export function takeBuffer(size: number = SMALL): Uint8Array<ArrayBuffer> {
  return pools.get(size)?.take() ?? new Uint8Array(size);
}

/**
 * Gives a buffer back for other streams.
 *
 * @param buffer A buffer that nothing reads from or writes to any more, or a part of it.
 * @throws {RangeError} If it was given back before: two streams would get it.
 */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const slab = slabs.get(buffer.buffer);
  slab?.pool.give(slab, buffer);
}

/**
 * Tells how many buffers of a size somebody has.
 *
 * @param size Their length, in bytes.
 * @returns How many.
 */
export function takenBuffers(size: number): number {
  return pools.get(size)?.taken ?? 0;
}

/** Gives back to the system what nobody has needed since the last call, or since the program's start. */
export function releaseBuffers(): void {
  for (const pool of pools.values()) pool.release();
}
