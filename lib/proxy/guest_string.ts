/**
 * Inner's string: it carries the streams of all guests to outer. It is opened for the first guest, and again after it
 * has been lost.
 *
 * An outer that does not know the hello (version 0.1.0 after a roll-back, or HAProxy) gets a connection for each guest.
 * It begins with a PROXY v2 header, and the stream follows.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { GUEST_ADDRESS } from "../names.ts";
import { ProtocolError } from "../protocol/frames.ts";
import { randomStringNumber } from "../protocol/hello.ts";
import { encodePreamble } from "../protocol/proxy_v2.ts";
import { close, writeAll } from "./connection.ts";
import { connectUnix } from "./connect_unix.ts";
import type { Deadlines } from "./deadlines.ts";
import { dialOuter } from "./dial_outer.ts";
import { type Guest, GuestChannel } from "./guest.ts";
import { InnerMux } from "./inner_mux.ts";
import type { MuxEnd } from "./mux.ts";
import { Promoter } from "./promoter.ts";
import { relay } from "./relay.ts";
import type { Streams } from "./streams.ts";
import type { Traces } from "./traces.ts";

/** How long no string is tried again after outer has not known the hello, in milliseconds. */
const PLAIN_MS = 10_000;

/** What it needs of inner. */
export interface GuestStringOptions {
  /** Outer's socket. */
  readonly path: string;
  /** All deadlines of inner. */
  readonly deadlines: Deadlines;
  /** All streams of inner. */
  readonly streams: Streams;
  /** The guests whose streams are logged whatever the debug level is. */
  readonly traces: Traces;
  /** Returns how long outer may take to answer, in milliseconds. */
  readonly answerTimeoutMs: () => number;
}

/** The string of an inner. */
export class GuestString {
  readonly #options: GuestStringOptions;
  readonly #promoter: Promoter;
  #mux: InnerMux | undefined;
  /** Guests that wait for the string to open. */
  #waiting: Guest[] = [];
  #isOpening = false;
  #isRetired = false;
  #plainUntil = -Infinity;

  /**
   * @param options What it needs of inner.
   */
  constructor(options: GuestStringOptions) {
    this.#options = options;
    this.#promoter = new Promoter(options);
  }

  /** Connects a guest to outer. */
  bring(guest: Guest): void {
    const { streams } = this.#options;
    if (this.#mux?.takesStreams) {
      this.#open(this.#mux, guest);
      return streams.forget(guest.connection);
    }
    streams.add(guest.connection);
    if (performance.now() < this.#plainUntil) return void this.#bringPlain(guest);
    this.#waiting.push(guest);
    if (!this.#isOpening) void this.#openString();
  }

  /** Ends the string with its last stream. No guest may follow. */
  retire(): void {
    this.#isRetired = true;
    this.#mux?.retire();
  }

  #open(mux: InnerMux, guest: Guest): void {
    guest.owner.opened(guest, new GuestChannel(mux, guest, this.#promoter));
  }

  async #openString(): Promise<void> {
    const { path, deadlines, streams, traces, answerTimeoutMs } = this.#options;
    this.#isOpening = true;
    this.#mux?.retire();
    this.#mux = undefined;
    const number = randomStringNumber();
    let failure: unknown;
    try {
      const connection = await dialOuter(path, { string: number, channel: undefined }, deadlines, answerTimeoutMs());
      if (connection === undefined) {
        log.info("The outer proxy takes no string; each guest gets a connection with PROXY v2");
        this.#plainUntil = performance.now() + PLAIN_MS;
      } else {
        const mux = this.#mux = new InnerMux(connection, deadlines, number, traces);
        streams.addString(mux, mux.gone);
        void mux.gone.then((end) => this.#tell(end));
      }
    } catch (error) {
      failure = error;
    }
    this.#isOpening = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const guest of waiting) {
      if (failure === undefined) this.bring(guest);
      else guest.owner.failed(guest, failure);
    }
    if (this.#isRetired) this.retire();
  }

  #tell({ error, streams }: MuxEnd): void {
    const why = error === undefined ? {} : { error: describe(error) };
    if (error instanceof ProtocolError) log.error("The outer proxy broke the string's protocol", { streams, ...why });
    else if (streams > 0) log.error("Lost the string to the outer proxy, and all streams on it", { streams, ...why });
    else log.debug("The string to the outer proxy has ended", why);
  }

  async #bringPlain(guest: Guest): Promise<void> {
    const { path, deadlines } = this.#options;
    const { owner } = guest;
    const openedAt = performance.now();
    let outer: Deno.UnixConn | undefined;
    try {
      outer = await connectUnix(path);
      guest.connection.setNoDelay(true);
      guest.connection.setKeepAlive(true);
      const { address: sourceAddr, port: sourcePort, servicePort: destinationPort } = guest;
      await writeAll(
        outer,
        encodePreamble({ sourceAddr, sourcePort, destinationAddr: GUEST_ADDRESS, destinationPort }),
      );
    } catch (error) {
      if (outer !== undefined) close(outer);
      return owner.failed(guest, error);
    }
    owner.opened(guest);
    const { fromPeer: up, toPeer: down, error } = await relay(guest.connection, outer, {
      deadlines,
      idleTimeoutMs: guest.idleTimeoutMs,
      count: (up, down) => owner.moved(guest, up, down),
    });
    owner.ended(guest, { openedAt, up, down, error });
  }
}
