/**
 * Inner's end of a string: it opens the streams.
 *
 * @module
 */

import { LAST_CHANNEL, ProtocolError } from "../protocol/frames.ts";
import type { Channel } from "./channel.ts";
import type { Duplex } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { Mux } from "./mux.ts";
import type { Traces } from "./traces.ts";

/** Inner's end of a string. */
export class InnerMux extends Mux {
  /** The number by which outer knows the string. */
  readonly number: number;
  readonly #traces: Traces;
  #isRetired = false;

  /**
   * @param connection The connection, after the hello. The mux closes it.
   * @param deadlines Where the deadlines of its streams are kept.
   * @param number The string's number, as in the hello.
   * @param traces The guests whose streams are logged, to which outer may add some.
   * @param lastChannel The largest channel number so far.
   */
  constructor(connection: Duplex, deadlines: Deadlines, number: number, traces: Traces, lastChannel = 0) {
    super(connection, deadlines, lastChannel);
    this.number = number;
    this.#traces = traces;
  }

  /** Whether more streams can be opened on it. */
  get takesStreams(): boolean {
    return !this.isGone && !this.#isRetired && this.lastChannel < LAST_CHANNEL;
  }

  /** Takes the next channel number, for a new stream. */
  nextChannel(): number {
    return ++this.lastChannel;
  }

  /** Opens no more streams, and ends the string with the last one. */
  retire(): void {
    this.#isRetired = true;
    if (this.size === 0) this.writer.end();
  }

  /** Forgets a stream that is over. A retired string ends with its last one. */
  override remove(channel: Channel): void {
    super.remove(channel);
    if (this.#isRetired && this.size === 0) this.writer.end();
  }

  /** Only inner opens streams. */
  override onOpen(channel: number): void {
    throw new ProtocolError(`The outer proxy has opened channel ${channel}`);
  }

  /** Outer is ending, and its successor takes new streams, so this string opens no more. */
  override onGoAway(): void {
    this.retire();
  }

  /** Root has asked outer to log the guest's streams. */
  override onTrace(guest: number, seconds: number): void {
    this.#traces.add(guest, performance.now() + seconds * 1000);
  }

  /** Promotes a stream, because outer has asked for it. */
  override onPromote(channel: number): void {
    this.find(channel)?.wantPromotion();
  }
}
