/**
 * Writing frames to a string, as many as possible with one write.
 *
 * WHY frames are collected: a write costs more than everything else in a small request. A batch ends after four
 * microtasks without another frame: the streams that are being served right now then have nothing to add.
 *
 * WHY no timer: it would cost more than the write (`setImmediate` takes 10 to 20 percent of all CPU time).
 *
 * @module
 */

import type { ResetReason } from "../protocol/frames.ts";
import { HEADER_LENGTH, LONGEST_CONTROL } from "../protocol/frames.ts";
import {
  type BareType,
  encodeBare,
  encodeCredit,
  encodeData,
  encodeOpen,
  encodeReset,
} from "../protocol/encode_frames.ts";

/** How many microtasks without another frame end a batch, and how many microtasks it waits at most. */
const QUIET_HOPS = 4;
const MOST_HOPS = 256;

/** A batch of this length, in bytes, is written without waiting for more. It is also the initial length of a buffer. */
const BATCH = 64 * 1024;

/** If so many bytes wait to be written, large chunks have to wait. Small chunks have to wait at twice as many. */
const HIGH = 256 * 1024;

/** The longest small chunk, in bytes. A small chunk, such as a request, need not wait behind large ones. */
const SMALL_CHUNK = 2 * 1024;

/** The most bytes that may wait to be written. A peer that sends frames and reads no answers would fill our memory. */
const MOST = 4 * 1024 * 1024;

/** The connection that is written to. */
export type FrameTarget = Pick<Deno.Conn, "write" | "closeWrite">;

/** A chunk that waits for room. */
interface Waiting {
  readonly channel: number;
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
}

/** Collects frames and writes them in batches. */
export class FrameWriter {
  readonly #target: FrameTarget;
  readonly #onFailure: (error: unknown) => void;
  #batch = new Uint8Array(BATCH);
  #length = 0;
  /** The other buffer. It is empty, or its contents are being written. */
  #spare = new Uint8Array(BATCH);
  #flight: Uint8Array | undefined;
  /** Whether a write is under way, or will begin after some microtasks. */
  #isBusy = false;
  #hops = 0;
  #quiet = 0;
  #seen = 0;
  #waiting: Waiting[] = [];
  #isEnding = false;
  #isBroken = false;

  /**
   * @param target The string.
   * @param onFailure Called once if a write fails. All later frames are dropped.
   */
  constructor(target: FrameTarget, onFailure: (error: unknown) => void) {
    this.#target = target;
    this.#onFailure = onFailure;
  }

  /** Writes an OPEN frame. */
  open(channel: number, guest: Parameters<typeof encodeOpen>[3]): void {
    const at = this.#reserve(LONGEST_CONTROL);
    this.#written(encodeOpen(this.#batch, at, channel, guest));
  }

  /** Writes a CREDIT frame. */
  credit(channel: number, count: number): void {
    const at = this.#reserve(LONGEST_CONTROL);
    this.#written(encodeCredit(this.#batch, at, channel, count));
  }

  /** Writes an RST frame. */
  reset(channel: number, reason: ResetReason): void {
    const at = this.#reserve(LONGEST_CONTROL);
    this.#written(encodeReset(this.#batch, at, channel, reason));
  }

  /** Writes a frame without a payload. */
  bare(type: BareType, channel: number): void {
    const at = this.#reserve(LONGEST_CONTROL);
    this.#written(encodeBare(this.#batch, at, type, channel));
  }

  /**
   * Writes a DATA frame if there is room.
   *
   * @param channel The stream.
   * @param bytes Its bytes; they are copied.
   * @returns `undefined` if the bytes have been copied. Otherwise a promise that resolves once they are copied; until
   * then, the caller must not change them.
   */
  data(channel: number, bytes: Uint8Array): Promise<void> | undefined {
    const isSmall = bytes.length <= SMALL_CHUNK;
    if (this.#isBroken) return undefined;
    if (this.#length < HIGH && (isSmall || this.#waiting.length === 0) || isSmall && this.#length < 2 * HIGH) {
      this.#data(channel, bytes);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push({ channel, bytes, resolve }));
  }

  #data(channel: number, bytes: Uint8Array): void {
    const at = this.#reserve(HEADER_LENGTH + bytes.length);
    this.#written(encodeData(this.#batch, at, channel, bytes));
  }

  /** Closes the string for writing once everything has been written. No frame may follow. */
  end(): void {
    if (this.#isEnding || this.#isBroken) return;
    this.#isEnding = true;
    if (!this.#isBusy) this.#end();
  }

  /** Drops all frames that have not been written. */
  stop(): void {
    this.#isBroken = true;
    this.#length = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  /** Makes room for a frame, and returns its offset. */
  #reserve(length: number): number {
    if (this.#isBroken) this.#length = 0;
    const needed = this.#length + length;
    if (needed > this.#batch.length) {
      const larger = new Uint8Array(Math.max(needed, this.#batch.length * 2));
      larger.set(this.#batch.subarray(0, this.#length));
      this.#batch = larger;
    }
    return this.#length;
  }

  #written(end: number): void {
    this.#length = end;
    if (this.#isBusy || this.#isBroken) {
      if (end > MOST && !this.#isBroken) this.#fail(new Error(`the peer has not taken ${MOST} bytes`));
      return;
    }
    this.#schedule();
  }

  #schedule(): void {
    this.#isBusy = true;
    this.#hops = MOST_HOPS;
    this.#quiet = QUIET_HOPS;
    this.#seen = this.#length;
    queueMicrotask(this.#hop);
  }

  readonly #hop = (): void => {
    if (this.#length !== this.#seen) {
      this.#seen = this.#length;
      this.#quiet = QUIET_HOPS;
    }
    if (--this.#quiet > 0 && --this.#hops > 0 && this.#length < BATCH) queueMicrotask(this.#hop);
    else this.#flush();
  };

  #flush(): void {
    if (this.#isBroken) return;
    const batch = this.#batch;
    this.#flight = batch.subarray(0, this.#length);
    this.#batch = this.#spare;
    this.#spare = batch;
    this.#length = 0;
    this.#admit();
    this.#target.write(this.#flight).then(this.#onWritten, this.#onError);
  }

  readonly #onWritten = (count: number): void => {
    if (this.#isBroken || this.#flight === undefined) return;
    if (count < this.#flight.length) {
      this.#flight = this.#flight.subarray(count);
      this.#target.write(this.#flight).then(this.#onWritten, this.#onError);
      return;
    }
    this.#flight = undefined;
    if (this.#length > 0) return this.#schedule();
    this.#isBusy = false;
    if (this.#isEnding) this.#end();
  };

  /** Copies waiting chunks in their order, as long as there is room. */
  #admit(): void {
    let count = 0;
    for (; count < this.#waiting.length && this.#length < HIGH; count++) {
      const { channel, bytes, resolve } = this.#waiting[count] as Waiting;
      this.#data(channel, bytes);
      resolve();
    }
    if (count > 0) this.#waiting.splice(0, count);
  }

  readonly #onError = (error: unknown): void => {
    if (!this.#isBroken) this.#fail(error);
  };

  #fail(error: unknown): void {
    this.stop();
    this.#onFailure(error);
  }

  #end(): void {
    this.#target.closeWrite().catch(this.#onError);
  }
}
