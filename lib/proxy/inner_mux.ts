/**
 * Inner's end of a string: it opens the streams.
 *
 * @module
 */

import { LAST_CHANNEL } from "../protocol/frames.ts";
import type { Channel } from "./channel.ts";
import type { Duplex } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { Mux } from "./mux.ts";

/** A channel of inner's, which can be promoted. */
export interface Promotable extends Channel {
  /** Has a connection of its own made for it, if there may be one more. */
  promote(): void;
}

/** Inner's end of a string. */
export class InnerMux extends Mux {
  /** The number by which outer knows the string. */
  readonly number: number;
  #isRetired = false;

  /**
   * @param connection The connection, behind the hello; the mux closes it.
   * @param deadlines Where the deadlines of its streams are kept.
   * @param number The number that the hello had.
   * @param lastChannel The largest number that a channel has had.
   */
  constructor(connection: Duplex, deadlines: Deadlines, number: number, lastChannel = 0) {
    super(connection, deadlines, lastChannel);
    this.number = number;
  }

  /** Whether more streams can be opened on it. */
  get takesStreams(): boolean {
    return !this.isGone && !this.#isRetired && this.lastChannel < LAST_CHANNEL;
  }

  /** Takes a number for a stream that is about to be opened. */
  nextChannel(): number {
    return ++this.lastChannel;
  }

  /** Opens no more streams, and ends the string with its last one. */
  retire(): void {
    this.#isRetired = true;
    if (this.size === 0) this.writer.end();
  }

  /** See {@linkcode Mux.remove}. */
  override remove(channel: Channel): void {
    super.remove(channel);
    if (this.#isRetired && this.size === 0) this.writer.end();
  }

  /** A successor of outer's takes the streams that are still to come. */
  override onGoAway(): void {
    this.retire();
  }

  /** Outer asks for it; see {@linkcode Promotable}. */
  override onPromote(channel: number): void {
    const found = this.find(channel) as Promotable | undefined;
    found?.promote();
  }
}
