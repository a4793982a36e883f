/**
 * A stream on the string: a guest's in inner, a service's in outer. Each direction ends for itself (RFC 9293, 3.6), and is
 * held up by its own peer only: more than a window of bytes is never under way.
 *
 * A stream that keeps filling its buffer gets a connection of its own (a bulk connection), on which each direction goes on
 * after a SWITCH. FIN and RST of such a stream still come on the string, so that an end is never mistaken for a reset.
 *
 * @module
 */

import { FRAME, ProtocolError, RESET, type ResetReason, WINDOW } from "../protocol/frames.ts";
import { giveBuffer, MEDIUM, SMALL, takeBuffer } from "./buffers.ts";
import { close, type Duplex, type TcpDuplex } from "./connection.ts";
import { copy, discard } from "./copy.ts";
import { Deadline } from "./deadlines.ts";
import { Delivery, type DeliveryOwner } from "./delivery.ts";
import type { ReadBuffer } from "./read_buffers.ts";
import type { Mux } from "./mux.ts";

/** A stream is promoted after so many reads in a row that filled its buffer; if it can't be, after so many more. */
const PROMOTE_AFTER = 3;
const PROMOTE_AGAIN_AFTER = 32;

/** The other half's words, by the reason that it gave. */
const RESET_BY_OTHER_HALF: Readonly<Record<ResetReason, string>> = {
  [RESET.gone]: "the other end is gone",
  [RESET.unreachable]: "the service can't be reached",
  [RESET.refused]: "the outer proxy has too many streams",
  [RESET.idle]: "it was silent for too long",
};

/** One half of a stream. */
export abstract class Channel extends Deadline implements DeliveryOwner, Disposable {
  /** Its number on its string. */
  readonly id: number;
  /** Its string. */
  readonly mux: Mux;
  /** Bytes from the peer, and to it. */
  fromPeer = 0;
  toPeer = 0;
  /** Whether a connection of its own is being made for it, or is there. */
  isPromoting = false;
  #peer: TcpDuplex | undefined;
  #bulk: Duplex | undefined;
  readonly #delivery = new Delivery(this);
  #hasKeepAlive = false;

  // From the peer to the string.
  #credit = WINDOW;
  #wake: (() => void) | undefined;
  #hasSentFin = false;

  // From the string to the peer.
  #window = WINDOW;
  #taken = 0;
  #hasFin = false;
  #hasSwitched = false;
  #isCopying = false;
  #hasBulkEnded = false;
  #isShut = false;
  /** Whether the other half reads no more; what it sent before its FIN is still to be delivered. */
  #isStopped = false;
  #error: unknown;
  #isOver = false;

  /**
   * @param mux Its string.
   * @param id Its number there.
   * @param timeoutMs How long its next step may take.
   */
  constructor(mux: Mux, id: number, timeoutMs: number) {
    super(timeoutMs);
    this.mux = mux;
    this.id = id;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether it has a peer. */
  get hasBegun(): boolean {
    return this.#peer !== undefined;
  }

  /** Whether it has a connection of its own. */
  get isPromoted(): boolean {
    return this.#bulk !== undefined;
  }

  /** Counts bytes that were brought from the peer to the string, or the other way. */
  protected abstract count(fromPeer: number, toPeer: number): void;

  /** Called when the peer sends so much that a connection of its own would do the stream good. */
  protected abstract wantPromotion(): void;

  /**
   * Called once, when the stream is over.
   *
   * @param error What broke it, if anything did.
   * @param reason What the other half says of it, if that has ended it.
   */
  protected abstract ended(error: unknown, reason: ResetReason | undefined): void;

  /**
   * Begins to carry bytes both ways.
   *
   * @param peer The guest, or the service; the channel closes it.
   */
  protected begin(peer: TcpDuplex): void {
    this.#peer = peer;
    this.#delivery.begin(peer);
    void this.#pump(peer);
  }

  /** Uses a connection of the stream's own from now on; the channel closes it. */
  attach(bulk: Duplex): void {
    if (this.#isOver) return close(bulk);
    this.#bulk = bulk;
    this.#wakeUp();
    this.#check();
  }

  /** Ends the stream now, and tells the other half. */
  reset(error: unknown, reason: ResetReason): void {
    if (this.#isOver) return;
    this.mux.writer.reset(this.id, reason);
    this.finish(error, undefined);
  }

  /** See {@linkcode Deadline.missed}. */
  override missed(): void {
    this.reset(new Deno.errors.TimedOut(`silent for ${this.timeoutMs / 1000} seconds`), RESET.idle);
  }

  /** Sets keepalive, once: streams that are over in an instant have no need of it. */
  override look(): void {
    if (this.#hasKeepAlive || this.#peer === undefined) return;
    try {
      this.#peer.setKeepAlive(true);
      this.#hasKeepAlive = true;
    } catch {
      // Deno can't while both a read and a write are under way. One of the next times they are not, or the write is stuck,
      // and then the kernel gives the peer up without keepalive.
    }
  }

  /** Ends the stream now, as when it is broken. */
  [Symbol.dispose](): void {
    this.reset(undefined, RESET.gone);
  }

  /** Takes bytes that have come on the string. */
  onData(buffer: ReadBuffer, offset: number, length: number): void {
    this.#window -= length;
    if (this.#window < 0) throw new ProtocolError(`Channel ${this.id} got more bytes than it has given credit for`);
    if (this.#hasFin || this.#hasSwitched) throw new ProtocolError(`Channel ${this.id} got bytes after their end`);
    this.touch();
    this.#delivery.push(buffer, offset, length);
  }

  /** The other half sends no more. */
  onFin(): void {
    if (this.#hasFin) throw new ProtocolError(`Channel ${this.id} got a second FIN`);
    this.#hasFin = true;
    this.#check();
  }

  /** The other half has ended the stream. */
  onReset(reason: ResetReason): void {
    if (!this.#hasFin || this.#isShut || this.#peer === undefined) {
      return this.finish(RESET_BY_OTHER_HALF[reason], reason);
    }
    this.#isStopped = true;
    this.#check();
  }

  /** The other half takes more bytes. */
  onCredit(count: number): void {
    this.#credit += count;
    if (this.#credit > WINDOW) throw new ProtocolError(`Channel ${this.id} got credit for more than a window`);
    this.#wakeUp();
  }

  /** The other half's further bytes come on the bulk connection. */
  onSwitch(): void {
    if (!this.isPromoting || this.#hasFin || this.#hasSwitched) {
      throw new ProtocolError(`Channel ${this.id} got a SWITCH that can't be`);
    }
    this.#hasSwitched = true;
    this.#check();
  }

  /** See {@linkcode DeliveryOwner}. */
  onTaken(count: number): void {
    this.touch();
    this.toPeer += count;
    this.count(0, count);
    this.#taken += count;
    if (this.#taken < WINDOW / 2 || this.#hasFin || this.#hasSwitched || this.#isOver) return;
    this.mux.writer.credit(this.id, this.#taken);
    this.#window += this.#taken;
    this.#taken = 0;
  }

  /**
   * See {@linkcode DeliveryOwner}. What the peer has sent before may still be on its way, so it is read to its end; and what
   * comes for it is thrown away, since the other peer may read nothing before it is rid of it (an echo).
   */
  onRefused(error: unknown): void {
    this.#error ??= error;
    if (this.#hasSentFin) this.reset(error, RESET.gone);
  }

  /** See {@linkcode DeliveryOwner}. */
  onDelivered(): void {
    this.#check();
  }

  /** Does what comes next once everything that has come on the string has been delivered. */
  #check(): void {
    const peer = this.#peer;
    if (this.#isOver || peer === undefined || !this.#delivery.isDone) return;
    if (this.#hasSwitched && !this.#hasBulkEnded) {
      if (this.#bulk !== undefined && !this.#isCopying) void this.#copyToPeer(this.#bulk, peer);
      return;
    }
    if (!this.#hasFin || this.#isShut) return;
    this.#isShut = true;
    // The last one to end needs no FIN of its own: to close a connection is to end it.
    if (this.#hasSentFin || this.#isStopped) return this.finish(this.#error, undefined);
    // It fails if the peer has reset the connection, which whoever reads from it finds out.
    peer.closeWrite().catch(() => {});
  }

  /** Reads from the peer until it ends. It never throws. */
  async #pump(peer: TcpDuplex): Promise<void> {
    let buffer = takeBuffer();
    let filled = 0;
    try {
      for (;;) {
        // Whole buffers only: for a handful of bytes of credit there would be a frame, and a read.
        while (this.#credit < buffer.length && this.#bulk === undefined) {
          await new Promise<void>((resolve) => this.#wake = resolve);
          if (this.#isOver) return;
        }
        const count = await peer.read(buffer);
        if (this.#isOver) return;
        if (count === null) break;
        this.touch();
        const bulk = this.#bulk;
        if (bulk !== undefined) {
          this.mux.writer.bare(FRAME.switch, this.id);
          const rest = buffer;
          buffer = takeBuffer();
          const end = await copy(peer, bulk, rest, this, count);
          if (this.#isOver) return;
          if (end !== undefined) return this.reset(end.error, RESET.gone);
          await bulk.closeWrite();
          break;
        }
        this.#credit -= count;
        this.fromPeer += count;
        this.count(count, 0);
        const isFull = count === buffer.length;
        const waits = this.mux.writer.data(this.id, isFull ? buffer : buffer.subarray(0, count));
        if (waits !== undefined) await waits;
        if (this.#isOver) return;
        if (isFull && buffer.length === SMALL) {
          giveBuffer(buffer);
          buffer = takeBuffer(MEDIUM);
        } else if (isFull) {
          filled++;
          if (filled === PROMOTE_AFTER) {
            filled -= PROMOTE_AGAIN_AFTER;
            if (!this.isPromoting) this.wantPromotion();
          }
        } else if (count < SMALL / 2 && buffer.length > SMALL) {
          filled = 0;
          giveBuffer(buffer);
          buffer = takeBuffer();
        }
      }
      this.#finSent();
    } catch (error) {
      // A reset, or a failure of our own closing, after which it is over already.
      this.reset(error, RESET.gone);
    } finally {
      giveBuffer(buffer);
    }
  }

  #finSent(): void {
    if (this.#isOver) return;
    this.#hasSentFin = true;
    this.mux.writer.bare(FRAME.fin, this.id);
    if (this.#isShut) this.finish(this.#error, undefined);
    else if (this.#delivery.isRefused) this.reset(this.#error, RESET.gone);
  }

  async #copyToPeer(bulk: Duplex, peer: TcpDuplex): Promise<void> {
    this.#isCopying = true;
    const meter = { touch: () => this.touch(), moved: (count: number) => this.#toPeerMoved(count) };
    const end = await copy(bulk, peer, takeBuffer(), meter);
    if (this.#isOver) return;
    if (end !== undefined) {
      if (end.isReading) return this.reset(end.error, RESET.gone);
      this.#delivery.stop();
      this.onRefused(end.error);
      await discard(bulk);
      if (this.#isOver) return;
    }
    this.#hasBulkEnded = true;
    this.#check();
  }

  /** Counts bytes that went from the peer to the bulk connection. */
  moved(count: number): void {
    this.fromPeer += count;
    this.count(count, 0);
  }

  #toPeerMoved(count: number): void {
    this.toPeer += count;
    this.count(0, count);
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /**
   * Ends the stream now, and does not tell the other half.
   *
   * @param error What broke it, if anything did.
   * @param reason What the other half says of it, if that has ended it.
   */
  finish(error: unknown, reason: ResetReason | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.mux.remove(this);
    this.#delivery.stop();
    if (this.#peer !== undefined) close(this.#peer);
    if (this.#bulk !== undefined) close(this.#bulk);
    this.#wakeUp();
    this.ended(error, reason);
  }
}
