/**
 * Writing frames to a string.
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
  encodeTrace,
} from "../protocol/encode_frames.ts";
import { BatchWriter } from "./batch_writer.ts";

/** If so many bytes wait to be written, large chunks have to wait. Small chunks have to wait at twice as many. */
const HIGH = 256 * 1024;

/** The longest small chunk, in bytes. A small chunk, such as a request, need not wait behind large ones. */
const SMALL_CHUNK = 2 * 1024;

/** A chunk that waits for room. */
interface Waiting {
  readonly channel: number;
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
}

/** Collects frames, and writes as many as possible with one write. */
export class FrameWriter extends BatchWriter {
  #waiting: Waiting[] = [];

  /** Whether a small chunk would be copied at once. */
  get hasRoom(): boolean {
    return this.length < 2 * HIGH;
  }

  /** Writes an OPEN frame. */
  open(channel: number, guest: Parameters<typeof encodeOpen>[3]): void {
    const at = this.reserve(LONGEST_CONTROL);
    this.add(encodeOpen(this.batch, at, channel, guest));
  }

  /** Writes a CREDIT frame. */
  credit(channel: number, count: number): void {
    const at = this.reserve(LONGEST_CONTROL);
    this.add(encodeCredit(this.batch, at, channel, count));
  }

  /** Writes an RST frame. */
  reset(channel: number, reason: ResetReason): void {
    const at = this.reserve(LONGEST_CONTROL);
    this.add(encodeReset(this.batch, at, channel, reason));
  }

  /** Writes a TRACE frame. */
  trace(address: number, seconds: number): void {
    const at = this.reserve(LONGEST_CONTROL);
    this.add(encodeTrace(this.batch, at, address, seconds));
  }

  /** Writes a frame without a payload. */
  bare(type: BareType, channel: number): void {
    const at = this.reserve(LONGEST_CONTROL);
    this.add(encodeBare(this.batch, at, type, channel));
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
    if (this.isBroken) return undefined;
    if (this.length < HIGH && (isSmall || this.#waiting.length === 0) || isSmall && this.hasRoom) {
      this.#data(channel, bytes);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push({ channel, bytes, resolve }));
  }

  /** Drops all frames that have not been written, and lets all chunks that wait go. */
  override stop(): void {
    super.stop();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve();
  }

  /** Copies waiting chunks in their order, as long as there is room. */
  protected override onRoom(): void {
    let count = 0;
    for (; count < this.#waiting.length && this.length < HIGH; count++) {
      const { channel, bytes, resolve } = this.#waiting[count] as Waiting;
      this.#data(channel, bytes);
      resolve();
    }
    if (count > 0) this.#waiting.splice(0, count);
  }

  #data(channel: number, bytes: Uint8Array): void {
    const at = this.reserve(HEADER_LENGTH + bytes.length);
    this.add(encodeData(this.batch, at, channel, bytes));
  }
}
