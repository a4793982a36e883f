/**
 * The sending half of a channel: it reads from the peer, and sends what it has read to the other half of the stream.
 *
 * @module
 */

import { FRAME, ProtocolError, RESET, WINDOW } from "../protocol/frames.ts";
import { giveBuffer, MEDIUM, SMALL, takeBuffer } from "./buffers.ts";
import type { Channel } from "./channel.ts";
import type { Duplex } from "./connection.ts";
import { copy, type Meter } from "./copy.ts";
import { noteRead } from "./read_scheduler.ts";

/** A stream asks for a bulk connection after so many reads that filled a buffer of 32 KiB; and again after so many more. */
const PROMOTE_AFTER = 3;
const PROMOTE_AGAIN_AFTER = 32;

/** From the peer to the string, or to the bulk connection. */
export class Sender implements Meter {
  readonly #channel: Channel;
  /** How many bytes may still be sent on the string. */
  #credit = WINDOW;
  /** Resolves the promise of a run that waits for credit. */
  #wake: (() => void) | undefined;
  /** How many reads have filled a buffer of 32 KiB; less than 0 while the stream is not to ask for promotion again. */
  #filled = 0;
  #hasSentFin = false;

  /**
   * @param channel The channel that it is a half of.
   */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Whether the peer has sent its last byte, and the other half has been told so. */
  get hasSentFin(): boolean {
    return this.#hasSentFin;
  }

  /**
   * The other half takes more bytes.
   *
   * @param count How many.
   * @throws {ProtocolError} If that makes more than a window.
   */
  onCredit(count: number): void {
    this.#credit += count;
    if (this.#credit > WINDOW) throw new ProtocolError(`Channel ${this.#channel.id} got credit for more than a window`);
    this.wake();
  }

  /** Lets a run that waits for credit look again: there is credit, there is a bulk connection, or the stream is over. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /**
   * Reads from the peer until it ends. It never throws.
   *
   * @param peer The guest, or the service.
   */
  async run(peer: Duplex): Promise<void> {
    const channel = this.#channel;
    let buffer = takeBuffer();
    try {
      for (;;) {
        // It waits for credit for a whole buffer: otherwise a few bytes of credit would cost a read and a frame.
        while (this.#credit < buffer.length && channel.bulk === undefined) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          if (channel.isOver) return;
        }
        const count = await peer.read(buffer);
        if (channel.isOver) return;
        if (count === null) break;
        channel.touch();
        noteRead(count);
        const bulk = channel.bulk;
        if (bulk !== undefined) {
          channel.mux.writer.bare(FRAME.switch, channel.id);
          // copy() gives back the buffer that it gets, and `finally` gives back this one.
          const filled = buffer;
          buffer = takeBuffer();
          const end = await copy(peer, bulk, filled, this, count);
          if (channel.isOver) return;
          if (end !== undefined) return channel.reset(end.error, RESET.gone);
          await bulk.closeWrite();
          break;
        }
        this.#credit -= count;
        this.moved(count);
        const waits = channel.mux.writer.data(channel.id, count === buffer.length ? buffer : buffer.subarray(0, count));
        if (waits !== undefined) await waits;
        if (channel.isOver) return;
        buffer = this.#bufferAfter(buffer, count);
      }
      this.#sendFin();
    } catch (error) {
      // The peer has reset its connection. Or we have closed it, and then the stream is over, and this does nothing.
      channel.reset(error, RESET.gone);
    } finally {
      giveBuffer(buffer);
    }
  }

  /** See {@linkcode Meter}. */
  touch(): void {
    this.#channel.touch();
  }

  /** See {@linkcode Meter}. */
  moved(count: number): void {
    this.#channel.moved(count, 0);
  }

  /** Chooses the buffer for the next read by how full the last one was. Asks for promotion if many were full. */
  #bufferAfter(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
    if (count === buffer.length && buffer.length === SMALL) {
      giveBuffer(buffer);
      return takeBuffer(MEDIUM);
    }
    if (count === buffer.length) {
      this.#filled++;
      if (this.#filled === PROMOTE_AFTER) {
        this.#filled -= PROMOTE_AGAIN_AFTER;
        if (!this.#channel.isPromoting) this.#channel.wantPromotion();
      }
    } else if (count < SMALL / 2 && buffer.length > SMALL) {
      this.#filled = 0;
      giveBuffer(buffer);
      return takeBuffer();
    }
    return buffer;
  }

  #sendFin(): void {
    if (this.#channel.isOver) return;
    this.#hasSentFin = true;
    this.#channel.mux.writer.bare(FRAME.fin, this.#channel.id);
    this.#channel.onFinSent();
  }
}
