/**
 * A string: one connection between inner and outer that carries the streams of all guests of a bridge as channels. A
 * protocol error ends the string and all its streams, since both halves do not agree any more what the bytes mean.
 *
 * @module
 */

import type { FrameSink } from "../protocol/decode_frames.ts";
import { ProtocolError, type ResetReason } from "../protocol/frames.ts";
import type { Channel } from "./channel.ts";
import { ChannelTable } from "./channel_table.ts";
import { close, type Duplex } from "./connection.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { ReadBuffer } from "./read_buffers.ts";
import { readFrames } from "./read_frames.ts";

/** The error of streams whose string is gone. */
export const LOST = "the string to the other proxy is gone";

/** How a string has ended. */
export interface MuxEnd {
  /** What broke it, if anything did. */
  readonly error: unknown;
  /** How many streams were cut. Only those that had delivered something to their peer count. */
  readonly streams: number;
}

/** One end of a string. As a deadline it is never missed, but has those of its streams checked. */
export abstract class Mux extends Deadline implements FrameSink, Disposable {
  /** Writes the string's frames. */
  readonly writer: FrameWriter;
  /** Resolves when the string is gone. */
  readonly gone: Promise<MuxEnd>;
  /** The buffer that the frame being received is in. */
  buffer: ReadBuffer | undefined;
  /** The largest number that a channel has had, even if the stream was refused. */
  protected lastChannel: number;
  readonly #connection: Duplex;
  readonly #deadlines: Deadlines;
  readonly #channels = new ChannelTable();
  #isGone = false;
  #end: MuxEnd = { error: undefined, streams: 0 };

  /**
   * @param connection The connection, after the hello. The mux closes it.
   * @param deadlines Where the deadlines of its streams are kept.
   * @param lastChannel The largest channel number so far.
   */
  constructor(connection: Duplex, deadlines: Deadlines, lastChannel = 0) {
    super(Infinity);
    this.#connection = connection;
    this.#deadlines = deadlines;
    deadlines.add(this);
    this.lastChannel = lastChannel;
    const finish = (error?: unknown) => this.#finish(error);
    this.writer = new FrameWriter(connection, finish);
    this.gone = readFrames(connection, this).then(finish, finish).then(() => this.#end);
  }

  /** How many streams it has. */
  get size(): number {
    return this.#channels.size;
  }

  /** Its streams; they may come and go while it is iterated. */
  get channels(): Iterable<Channel> {
    return this.#channels;
  }

  /** Whether the string is gone. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Finds a stream; `undefined` if there is none with this number. */
  get(channel: number): Channel | undefined {
    return this.#channels.get(channel);
  }

  /** Adds a stream that has been opened. */
  add(channel: Channel): void {
    this.#channels.add(channel);
  }

  /** Forgets a stream that is over. */
  remove(channel: Channel): void {
    this.#channels.remove(channel);
  }

  /** See {@linkcode Deadline.look}. */
  override look(now: number): void {
    for (const channel of this.#channels) channel.check(now);
  }

  /** See {@linkcode Deadline.missed}. */
  override missed(): void {}

  /** Ends the string now, and all its streams. */
  [Symbol.dispose](): void {
    for (const channel of this.#channels) close(channel);
    this.#finish(undefined);
  }

  abstract onOpen(channel: number, address: number, port: number, servicePort: number): void;
  abstract onPromote(channel: number): void;
  abstract onGoAway(): void;
  abstract onTrace(address: number, seconds: number): void;

  onData(channel: number, offset: number, length: number): void {
    this.find(channel)?.receiver.onData(this.buffer as ReadBuffer, offset, length);
  }

  onFin(channel: number): void {
    this.find(channel)?.receiver.onFin();
  }

  onReset(channel: number, reason: ResetReason): void {
    this.find(channel)?.onReset(reason);
  }

  onCredit(channel: number, count: number): void {
    this.find(channel)?.sender.onCredit(count);
  }

  onSwitch(channel: number): void {
    this.find(channel)?.receiver.onSwitch();
  }

  /**
   * Finds the stream of a frame. It is `undefined` if the stream has ended here, which the other half may not know yet.
   */
  protected find(channel: number): Channel | undefined {
    const found = this.#channels.get(channel);
    if (found === undefined && channel > this.lastChannel) {
      throw new ProtocolError(`A frame is for channel ${channel}, which was never opened`);
    }
    return found;
  }

  #finish(error: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const channels = [...this.#channels];
    this.#end = { error, streams: channels.filter(({ toPeer }) => toPeer > 0).length };
    this.writer.stop();
    this.#deadlines.remove(this);
    close(this.#connection);
    for (const channel of channels) channel.finish(LOST, undefined);
  }
}
