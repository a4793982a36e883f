/**
 * Bytes that wait for a peer. They are put together as they come: a chunk of one byte takes one byte, whoever sends it.
 *
 * @module
 */

import { giveBuffer, MEDIUM, SMALL, takeBuffer } from "./buffers.ts";

/** A buffer, and how much of it is filled. */
interface Part {
  readonly buffer: Uint8Array<ArrayBuffer>;
  length: number;
}

/** Bytes in the order in which they came. */
export class Backlog {
  readonly #parts: Part[] = [];

  /** Whether there are none. */
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
   * Takes what came first.
   *
   * @returns Some of the bytes, to be given back with `giveBuffer()`; `undefined` if there are none.
   */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    const part = this.#parts.shift();
    return part?.buffer.subarray(0, part.length);
  }

  /** Throws everything away. */
  clear(): void {
    for (const { buffer } of this.#parts.splice(0)) giveBuffer(buffer);
  }

  /** Finds a buffer that is not full. */
  #room(wanted: number): Part {
    const last = this.#parts.at(-1);
    if (last !== undefined && last.length < last.buffer.length) return last;
    const part = { buffer: takeBuffer(last === undefined && wanted <= SMALL ? SMALL : MEDIUM), length: 0 };
    this.#parts.push(part);
    return part;
  }
}
