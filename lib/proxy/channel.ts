/**
 * A stream on the string: a guest's in inner, a service's in outer. Its two directions are a {@linkcode Sender} and a
 * {@linkcode Receiver}. Each ends for itself (RFC 9293, 3.6), and is held up by its own peer only: never more than a window
 * of bytes is under way.
 *
 * A stream that keeps filling its buffer gets a connection of its own (a bulk connection). Each direction goes on there
 * after a SWITCH. FIN and RST of such a stream still come on the string, so that an end is never mistaken for a reset.
 *
 * @module
 */

import { RESET, RESET_WORDS, type ResetReason } from "../protocol/frames.ts";
import { close, type Duplex, type TcpDuplex } from "./connection.ts";
import type { Mux } from "./mux.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { StreamConnections } from "./stream_connections.ts";

/** One half of a stream. */
export abstract class Channel extends StreamConnections implements Disposable {
  /** Its number on its string. */
  readonly id: number;
  /** Its string. */
  readonly mux: Mux;
  /** From the peer to the other half. */
  readonly sender = new Sender(this);
  /** From the other half to the peer. */
  readonly receiver = new Receiver(this);
  /** When it was opened, from `performance.now()`. */
  readonly openedAt: number = performance.now();
  /** Whether a connection of its own is being made for it, or is there. */
  isPromoting = false;
  /** Whether the other half reads no more; what it sent before its FIN is still to be delivered. */
  #isStopped = false;
  /** Why the peer takes no more. */
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

  /** Called when the peer, or the other half's, sends so much that a connection of its own would do the stream good. */
  abstract wantPromotion(): void;

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
    this.peer = peer;
    this.receiver.begin(peer);
    void this.sender.run(peer);
  }

  /** Uses a connection of the stream's own from now on; the channel closes it. */
  attach(bulk: Duplex): void {
    if (this.#isOver) return close(bulk);
    this.bulk = bulk;
    this.sender.wake();
    this.receiver.proceed();
  }

  /** Ends the stream now, and tells the other half. */
  reset(error: unknown, reason: ResetReason): void {
    if (this.#isOver) return;
    this.mux.writer.reset(this.id, reason);
    this.finish(error, undefined);
  }

  /** Ends the stream now, as when it is broken. */
  [Symbol.dispose](): void {
    this.reset("the proxy has closed it", RESET.gone);
  }

  /** See {@linkcode Deadline.missed}. */
  override missed(): void {
    this.reset(new Deno.errors.TimedOut(`silent for ${this.timeoutMs / 1000} seconds`), RESET.idle);
  }

  /** The other half has ended the stream. */
  onReset(reason: ResetReason): void {
    if (!this.receiver.hasFin || this.receiver.isDone || !this.hasBegun) {
      return this.finish(RESET_WORDS[reason], reason);
    }
    this.#isStopped = true;
    this.receiver.proceed();
  }

  /** The sender has sent everything, and a FIN. */
  onFinSent(): void {
    if (this.receiver.isDone) this.finish(this.#error, undefined);
    else if (this.receiver.isRefused) this.reset(this.#error, RESET.gone);
  }

  /** The receiver has delivered everything that the other half sent before its FIN. */
  onAllDelivered(): void {
    // The last one to end needs no FIN of its own: to close a connection is to end it.
    if (this.sender.hasSentFin || this.#isStopped) return this.finish(this.#error, undefined);
    // It fails if the peer has reset the connection. The sender, which reads from it, finds that out too.
    this.peer?.closeWrite().catch(() => {});
  }

  /**
   * The peer takes no more. What it has sent before may still be on its way, so it is read to its end. What comes for it is
   * thrown away: the other peer may read nothing before it is rid of that (an echo).
   */
  onRefused(error: unknown): void {
    this.#error ??= error;
    if (this.sender.hasSentFin) this.reset(error, RESET.gone);
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
    this.receiver.stop();
    this.close();
    this.sender.wake();
    this.ended(error, reason);
  }
}
