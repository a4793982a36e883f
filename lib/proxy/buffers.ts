/**
 * A pool of buffers for streams.
 *
 * Buffers are parts of slabs of about 214 KiB. The C library maps an allocation of that length separately. Pages that
 * were never written take no memory, so an idle stream takes little. A slab that is not needed for a while is given
 * back to the system, so a burst leaves nothing behind.
 *
 * @module
 */

/**
 * The size of a large buffer: what a UNIX socket takes in one write. Six pieces of 36,544 bytes fill its default buffer of
 * 212,992 (measured with strace on Linux 6.18). With another size, the last of several writes would be a small rest.
 *
 * WHY not two writes: one stream up or down took a tenth more processor time.
 */
export const LARGE = 6 * 36_544;

/** The size of a medium buffer, for a stream that reads more than a little. */
export const MEDIUM = 32 * 1024;

/** The size of a small buffer, which a stream has while it waits. Most streams wait most of the time. */
export const SMALL = 2 * 1024;

/** Buffers of one size that share an allocation. */
interface Slab {
  readonly memory: ArrayBuffer;
  readonly pool: Pool;
  /** The free buffers. */
  readonly free: Uint8Array<ArrayBuffer>[];
  /** The offsets of the buffers in use. */
  readonly taken: Set<number>;
}

const slabs = new Map<ArrayBufferLike, Slab>();

/** The buffers of one size. */
class Pool {
  readonly #size: number;
  /** The slabs with a free buffer. Buffers are taken from the last one. */
  readonly #open: Slab[] = [];
  /** How many slabs have no buffer in use, and the minimum of that since the last release. */
  #unused = 0;
  #spare = 0;
  /** How many buffers are in use. */
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
      // This frees the memory now, without a garbage collection.
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
 * @param size Its length in bytes: {@linkcode SMALL} (the default), {@linkcode MEDIUM} or {@linkcode LARGE}.
 * @returns A buffer. It may hold old bytes, so read only what was written to it.
 */
export function takeBuffer(size: number = SMALL): Uint8Array<ArrayBuffer> {
  return pools.get(size)?.take() ?? new Uint8Array(size);
}

/**
 * Gives a buffer back for other streams.
 *
 * @param buffer A buffer that is not in use any more, or a part of it.
 * @throws {RangeError} If it was given back before. Two streams would get the same buffer.
 */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const slab = slabs.get(buffer.buffer);
  slab?.pool.give(slab, buffer);
}

/**
 * Tells how many buffers of a size are in use.
 *
 * @param size Their length, in bytes.
 * @returns How many.
 */
export function takenBuffers(size: number): number {
  return pools.get(size)?.taken ?? 0;
}

/** Gives slabs back to the system that have not been needed since the last call. */
export function releaseBuffers(): void {
  for (const pool of pools.values()) pool.release();
}
