/**
 * Bytes that wait for a peer. Chunks are stored without gaps, so a chunk of one byte takes one byte.
 *
 * @module
 */

import { giveBuffer, MEDIUM, SMALL, takeBuffer } from "./buffers.ts";

/** A buffer, and how much of it is filled. */
interface Part {
  readonly buffer: Uint8Array<ArrayBuffer>;
  length: number;
}

/** A queue of bytes. */
export class Backlog {
  readonly #parts: Part[] = [];

  /** Whether it is empty. */
  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Adds bytes; they are copied. */
  push(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const { buffer, length } = this.#room(bytes.length - done);
      const piece = bytes.subarray(done, done + buffer.length - length);
      buffer.set(piece, length);
      (this.#parts.at(-1) as Part).length += piece.length;
      done += piece.length;
    }
  }

  /**
   * Takes the first buffer of the queue.
   *
   * @returns The oldest bytes, in a buffer to give back with `giveBuffer()`; `undefined` if the queue is empty.
   */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    const part = this.#parts.shift();
    return part?.buffer.subarray(0, part.length);
  }

  /** Drops all bytes. */
  clear(): void {
    for (const { buffer } of this.#parts.splice(0)) giveBuffer(buffer);
  }

  /** Finds a buffer that is not full, or takes a new one. */
  #room(wanted: number): Part {
    const last = this.#parts.at(-1);
    if (last !== undefined && last.length < last.buffer.length) return last;
    const part = { buffer: takeBuffer(last === undefined && wanted <= SMALL ? SMALL : MEDIUM), length: 0 };
    this.#parts.push(part);
    return part;
  }
}
