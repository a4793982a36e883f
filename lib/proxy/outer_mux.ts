/**
 * Outer's end of a string: it receives the streams that inner opens.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import { FRAME, ProtocolError } from "../protocol/frames.ts";
import type { Channel } from "./channel.ts";
import type { Duplex } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { Mux } from "./mux.ts";
import { MOST_PROMOTED } from "./promotions.ts";

/**
 * How long an inner may keep a string without streams after GOAWAY, in milliseconds. One that hangs would keep a replaced
 * outer until the hard stop.
 */
const HUNG_MS = 60_000;

/** Serves the streams of a string. */
export interface StreamServer {
  /**
   * Serves a stream that inner has opened: adds it to the mux or resets it.
   *
   * @param mux Its string.
   * @param channel Its channel number.
   * @param guest The guest's address, as one number.
   * @param port The guest's port.
   * @param servicePort The service port.
   */
  serve(mux: OuterMux, channel: number, guest: number, port: number, servicePort: number): void;
}

/** Outer's end of a string. */
export class OuterMux extends Mux {
  /** The bridge whose guests' streams it carries. */
  readonly bridge: BridgeName;
  /** The number that inner has given it. */
  readonly number: number;
  readonly #server: StreamServer;
  #hasSentGoAway = false;
  /** How many streams have a connection of their own. */
  #promoted = 0;

  /**
   * @param connection The connection, after the hello. The mux closes it.
   * @param deadlines Where the deadlines of its streams are kept.
   * @param bridge The bridge whose guests' streams it carries.
   * @param number Its number, as in the hello.
   * @param server Serves its streams.
   */
  constructor(connection: Duplex, deadlines: Deadlines, bridge: BridgeName, number: number, server: StreamServer) {
    super(connection, deadlines);
    this.bridge = bridge;
    this.number = number;
    this.#server = server;
  }

  /** Asks inner to open no more streams. Streams that are under way are still served. */
  goAway(): void {
    if (this.#hasSentGoAway || this.isGone) return;
    this.#hasSentGoAway = true;
    this.writer.bare(FRAME.goAway, 0);
    this.timeoutMs = HUNG_MS;
    this.touch();
  }

  /** Asks inner to log a guest's streams for a time, too. */
  trace(guest: number, seconds: number): void {
    this.writer.trace(guest, seconds);
  }

  /** See {@linkcode Deadline.look}. The time after GOAWAY begins with the end of the last stream. */
  override look(now: number): void {
    super.look(now);
    if (this.size > 0) this.touch();
  }

  /** Inner hangs: it was to end the string with its last stream. */
  override missed(): void {
    this[Symbol.dispose]();
  }

  /**
   * Finds the stream for a connection that inner has opened for a large stream.
   *
   * @param id The stream's number.
   * @returns The stream; `undefined` if there is no such stream, it has a connection of its own already, or too many
   * streams have one.
   */
  promotable(id: number): Channel | undefined {
    const channel = this.get(id);
    return channel === undefined || channel.isPromoting || this.#promoted >= MOST_PROMOTED ? undefined : channel;
  }

  /** Counts a stream from {@linkcode promotable} as one that has a connection of its own. */
  promote(channel: Channel): void {
    channel.isPromoting = true;
    this.#promoted++;
  }

  /** Notes that a stream is over. */
  channelEnded(channel: Channel): void {
    if (channel.isPromoting) this.#promoted--;
  }

  /** Serves a new stream. Its number has to be larger than all before. */
  override onOpen(channel: number, guest: number, port: number, servicePort: number): void {
    if (channel <= this.lastChannel) throw new ProtocolError(`Channel ${channel} was opened before`);
    this.lastChannel = channel;
    this.#server.serve(this, channel, guest, port, servicePort);
  }

  /** Only outer asks for promotions. */
  override onPromote(channel: number): void {
    throw new ProtocolError(`The inner proxy asks that channel ${channel} be promoted`);
  }

  /** Only outer sends it. */
  override onGoAway(): void {
    throw new ProtocolError("The inner proxy has sent GOAWAY");
  }

  /** Only outer is asked by root. */
  override onTrace(): void {
    throw new ProtocolError("The inner proxy has sent TRACE");
  }
}
