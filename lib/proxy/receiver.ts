/**
 * The receiving half of a channel: it delivers to the peer what the other half of the stream sends. The bytes come on the
 * string, and after a SWITCH on the bulk connection.
 *
 * @module
 */

import { ProtocolError, RESET, WINDOW } from "../protocol/frames.ts";
import { takeBuffer } from "./buffers.ts";
import type { Channel } from "./channel.ts";
import type { Duplex } from "./connection.ts";
import { copy, discard, type Meter } from "./copy.ts";
import { Delivery, type Peer } from "./delivery.ts";
import type { ReadBuffer } from "./read_buffers.ts";

/** From the string, or from the bulk connection, to the peer. */
export class Receiver extends Delivery implements Meter {
  readonly #channel: Channel;
  /** How many bytes the other half may still send on the string. */
  #window = WINDOW;
  /** How many bytes the peer has taken for which the other half has no new credit yet. */
  #taken = 0;
  #hasFin = false;
  #hasSwitched = false;
  #isCopying = false;
  #hasBulkEnded = false;
  #isDone = false;

  /**
   * @param channel The channel that it is a half of.
   */
  constructor(channel: Channel) {
    super();
    this.#channel = channel;
  }

  /** Whether the other half has sent its last byte. */
  get hasFin(): boolean {
    return this.#hasFin;
  }

  /** Whether everything up to the last byte has been delivered. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Bytes have come on the string.
   *
   * @param buffer The buffer that they are in.
   * @param offset Where they begin.
   * @param length How many there are.
   * @throws {ProtocolError} If there are more than the window allows, or if they come after a FIN or a SWITCH.
   */
  onData(buffer: ReadBuffer, offset: number, length: number): void {
    const { id } = this.#channel;
    this.#window -= length;
    if (this.#window < 0) throw new ProtocolError(`Channel ${id} got more bytes than it has given credit for`);
    if (this.#hasFin || this.#hasSwitched) throw new ProtocolError(`Channel ${id} got bytes after their end`);
    this.touch();
    this.push(buffer, offset, length);
  }

  /**
   * The other half sends no more.
   *
   * @throws {ProtocolError} If it has said so before.
   */
  onFin(): void {
    if (this.#hasFin) throw new ProtocolError(`Channel ${this.#channel.id} got a second FIN`);
    this.#hasFin = true;
    this.proceed();
  }

  /**
   * The other half's further bytes come on the bulk connection.
   *
   * @throws {ProtocolError} If the stream is not being promoted, or if this direction has ended or been switched before.
   */
  onSwitch(): void {
    if (!this.#channel.isPromoting || this.#hasFin || this.#hasSwitched) {
      throw new ProtocolError(`Channel ${this.#channel.id} got a SWITCH that can't be`);
    }
    this.#hasSwitched = true;
    this.proceed();
  }

  /** Goes on with the bulk connection, or tells the channel of the end, once everything from the string is delivered. */
  proceed(): void {
    const peer = this.peer;
    if (this.#channel.isOver || peer === undefined || !this.isIdle) return;
    if (this.#hasSwitched && !this.#hasBulkEnded) {
      const bulk = this.#channel.bulk;
      if (bulk !== undefined && !this.#isCopying) void this.#copy(bulk, peer);
      return;
    }
    if (!this.#hasFin || this.#isDone) return;
    this.#isDone = true;
    this.#channel.onAllDelivered();
  }

  /** See {@linkcode Meter}. */
  touch(): void {
    this.#channel.touch();
  }

  /** See {@linkcode Meter}. */
  moved(count: number): void {
    this.#channel.moved(0, count);
  }

  /** See {@linkcode Delivery}. */
  protected override onTaken(count: number): void {
    this.touch();
    this.moved(count);
    this.#taken += count;
    if (this.#taken < WINDOW / 2 || this.#hasFin || this.#hasSwitched || this.#channel.isOver) return;
    this.#channel.mux.writer.credit(this.#channel.id, this.#taken);
    this.#window += this.#taken;
    this.#taken = 0;
  }

  /** See {@linkcode Delivery}. */
  protected override onRefused(error: unknown): void {
    this.#channel.onRefused(error);
  }

  /** See {@linkcode Delivery}. */
  protected override onDelivered(): void {
    this.proceed();
  }

  async #copy(bulk: Duplex, peer: Peer): Promise<void> {
    this.#isCopying = true;
    const end = await copy(bulk, peer, takeBuffer(), this);
    if (this.#channel.isOver) return;
    if (end !== undefined) {
      if (end.isReading) return this.#channel.reset(end.error, RESET.gone);
      this.stop();
      this.#channel.onRefused(end.error);
      await discard(bulk);
      if (this.#channel.isOver) return;
    }
    this.#hasBulkEnded = true;
    this.proceed();
  }
}
