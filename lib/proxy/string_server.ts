/**
 * Serving the connections to a bridge's socket: strings, connections for their large streams, and plain streams. An
 * inner may be compromised, so every resource that it can use is limited.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { encodeHello, type Hello } from "../protocol/hello.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import { close, writeAll } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { OuterMux, type StreamServer } from "./outer_mux.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import { type Received, receivePreamble } from "./receive_proxy_v2.ts";
import type { Stats } from "./stats.ts";
import type { Streams } from "./streams.ts";
import { tellEnd } from "./string_end.ts";

/** How many strings a bridge may have. Each of its inner proxies has one, including those that drain. */
const MOST_STRINGS = 16;

const strangers = new RateLimitedLog((fields) => log.warning("Refused a stream without a good preamble", fields));
const surplus = new RateLimitedLog((fields) => log.warning("Refused a string: the bridge has too many", fields));

/** What it needs of outer. */
export interface StringServerOptions {
  /** The bridge whose socket it is. */
  readonly bridge: BridgeName;
  /** Serves the streams of strings. */
  readonly server: StreamServer;
  /**
   * Serves a plain stream; it must not throw.
   *
   * @param connection The connection, after the preamble. The callee closes it.
   * @param preamble The guest and the service port.
   */
  readonly servePlain: (connection: Deno.UnixConn, preamble: Preamble) => Promise<void>;
  /** All deadlines of outer. */
  readonly deadlines: Deadlines;
  /** All streams of outer. */
  readonly streams: Streams;
  /** What outer counts. */
  readonly stats: Stats;
  /** Returns the guests whose streams are logged, each with the seconds that are left. A new string is told of them. */
  readonly traced: () => Iterable<readonly [guest: number, seconds: number]>;
  /** Returns how long a peer may take to send its hello or preamble, in milliseconds. */
  readonly headerTimeoutMs: () => number;
}

/** Serves the connections to a bridge's socket. */
export class StringServer {
  readonly #options: StringServerOptions;
  /** The strings by their numbers; `undefined` while the hello is being answered. */
  readonly #strings = new Map<number, OuterMux | undefined>();
  #isLeaving = false;

  /**
   * @param options What it needs of outer.
   */
  constructor(options: StringServerOptions) {
    this.#options = options;
  }

  /**
   * Serves a connection of any kind.
   *
   * @param connection The connection. The server closes it.
   * @returns A promise that resolves when its hello or preamble has been read and it is being served.
   */
  async take(connection: Deno.UnixConn): Promise<void> {
    const first = await this.#receive(connection);
    if (first?.preamble !== undefined) return void this.#options.servePlain(connection, first.preamble);
    try {
      if (first === undefined) close(connection);
      else if (first.hello.channel === undefined) await this.#takeString(connection, first.hello);
      else await this.#takeBulk(connection, first.hello, first.hello.channel);
    } catch (error) {
      log.debug("A peer went before it was answered", { bridge: this.#options.bridge, error: describe(error) });
      close(connection);
    }
  }

  /** Asks for no more streams, on all present strings and on those that still come. */
  goAway(): void {
    this.#isLeaving = true;
    for (const mux of this.#strings.values()) mux?.goAway();
  }

  async #receive(connection: Deno.UnixConn): Promise<Received | undefined> {
    const { bridge, deadlines, stats, headerTimeoutMs } = this.#options;
    const timeoutMs = headerTimeoutMs();
    let isLate = false;
    using _deadline = deadlines.within(timeoutMs, () => {
      isLate = true;
      close(connection);
    });
    try {
      const received = await receivePreamble(connection);
      if (received === undefined) log.debug("Answered a health check", { bridge });
      return received;
    } catch (error) {
      const why = isLate ? `it was not all there after ${timeoutMs / 1000} seconds` : describe(error);
      stats.failedWith(`A stream of ${bridge} had no good preamble: ${why}`);
      strangers.note(`${bridge} ${why}`, { bridge, error: why });
      return undefined;
    }
  }

  async #takeString(connection: Deno.UnixConn, hello: Hello): Promise<void> {
    const { bridge, deadlines, server, stats, streams, traced } = this.#options;
    if (this.#strings.size >= MOST_STRINGS || this.#strings.has(hello.string)) {
      surplus.note(bridge, { bridge, max: MOST_STRINGS });
      return close(connection);
    }
    this.#strings.set(hello.string, undefined);
    await writeAll(connection, encodeHello(hello)).catch((error) => {
      this.#strings.delete(hello.string);
      throw error;
    });
    const mux = new OuterMux(connection, deadlines, bridge, hello.string, server);
    log.debug("A string was opened", { bridge });
    this.#strings.set(hello.string, mux);
    streams.addString(mux, mux.gone);
    void mux.gone.then((end) => {
      this.#strings.delete(hello.string);
      tellEnd(end, bridge, stats);
    });
    for (const [guest, seconds] of traced()) mux.trace(guest, seconds);
    if (this.#isLeaving) mux.goAway();
  }

  async #takeBulk(connection: Deno.UnixConn, hello: Hello, id: number): Promise<void> {
    const mux = this.#strings.get(hello.string);
    const channel = mux?.promotable(id);
    if (mux === undefined || channel === undefined) return close(connection);
    mux.promote(channel);
    await writeAll(connection, encodeHello(hello));
    channel.attach(connection);
  }
}
