/**
 * Giving large streams of guests a connection of their own to outer.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { close } from "./connection.ts";
import { dialOuter } from "./dial_outer.ts";
import type { Guest, GuestChannel } from "./guest.ts";
import type { GuestStringOptions } from "./guest_string.ts";
import type { InnerMux } from "./inner_mux.ts";
import { Promotions } from "./promotions.ts";

/** Promotes the streams of an inner. */
export class Promoter {
  readonly #options: GuestStringOptions;
  readonly #promotions = new Promotions();

  /**
   * @param options What the string needs of inner.
   */
  constructor(options: GuestStringOptions) {
    this.#options = options;
  }

  /** Opens a connection for a stream, if its guest may have one more. The stream has none, and none is being opened. */
  promote(channel: GuestChannel, guest: Guest): void {
    const mux = channel.mux as InnerMux;
    if (mux.takesStreams && this.#promotions.take(guest.address)) void this.#dial(mux, channel, guest);
  }

  /** Notes that the connection of a stream of this guest is not needed any more. */
  giveBack(guest: Guest): void {
    this.#promotions.giveBack(guest.address);
  }

  async #dial(mux: InnerMux, channel: GuestChannel, guest: Guest): Promise<void> {
    const { path, deadlines, answerTimeoutMs } = this.#options;
    channel.isPromoting = true;
    let bulk: Deno.UnixConn | undefined;
    try {
      bulk = await dialOuter(path, { string: mux.number, channel: channel.id }, deadlines, answerTimeoutMs());
    } catch (error) {
      log.debug("Cannot open a connection for a large stream", { guest: guest.address, error: describe(error) });
    }
    if (bulk !== undefined && !channel.isOver) return channel.attach(bulk);
    if (bulk !== undefined) close(bulk);
    // The stream stays on the string, and may be promoted later.
    channel.isPromoting = false;
    this.giveBack(guest);
  }
}
