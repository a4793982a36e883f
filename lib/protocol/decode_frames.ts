/**
 * Decoding frames; `frames.ts` describes them. A frame may arrive in any number of pieces. Pure.
 *
 * @module
 */

import {
  FRAME,
  HEADER_LENGTH,
  LAST_CHANNEL,
  PAYLOAD_LENGTHS,
  ProtocolError,
  RESET,
  type ResetReason,
  WINDOW,
} from "./frames.ts";
import { isTraceTime } from "./trace_time.ts";

/** What is told of each frame. */
export interface FrameSink {
  /** OPEN: a guest has connected. The address is its 4 bytes as one number. */
  onOpen(channel: number, address: number, port: number, servicePort: number): void;
  /** DATA: bytes of a stream, a whole frame or the next part of one. The offset is that in the buffer being decoded. */
  onData(channel: number, offset: number, length: number): void;
  /** FIN: no bytes follow. */
  onFin(channel: number): void;
  /** RST: the stream is over. */
  onReset(channel: number, reason: ResetReason): void;
  /** CREDIT: more bytes may be sent. */
  onCredit(channel: number, count: number): void;
  /** PROMOTE: the stream should get a connection of its own. */
  onPromote(channel: number): void;
  /** SWITCH: all further bytes come on the stream's own connection. */
  onSwitch(channel: number): void;
  /** GOAWAY: no more streams may be opened. */
  onGoAway(): void;
  /** TRACE: a guest's streams should be logged for so many seconds. The address is its 4 bytes as one number. */
  onTrace(address: number, seconds: number): void;
}

/** Decodes frames that arrive in any number of pieces. It allocates no object for a frame. */
export class FrameDecoder {
  readonly #sink: FrameSink;
  /** The channel of a DATA frame whose payload is incomplete, and how many of its bytes are missing. */
  #channel = 0;
  #rest = 0;

  /**
   * @param sink What is told of each frame.
   */
  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Decodes the bytes that have arrived.
   *
   * @param bytes A buffer that begins with the first byte not decoded yet.
   * @param end How many bytes of it have arrived.
   * @returns How many were decoded. The caller passes the rest again, with the bytes that follow. It is shorter than
   * {@linkcode import("./frames.ts").LONGEST_CONTROL}.
   * @throws {ProtocolError} If a frame is invalid. The sink has received all frames before it.
   */
  decode(bytes: Uint8Array, end: number): number {
    let at = 0;
    for (;;) {
      if (this.#rest > 0) {
        if (at === end) return at;
        const length = Math.min(this.#rest, end - at);
        this.#rest -= length;
        at += length;
        this.#sink.onData(this.#channel, at - length, length);
        continue;
      }
      if (end - at < HEADER_LENGTH) return at;
      const type = bytes[at] as number;
      const length = readNumber(bytes, at) & 0xff_ffff;
      const channel = readNumber(bytes, at + 4) >>> 0;
      checkHeader(type, length, channel);
      if (type === FRAME.data) {
        this.#channel = channel;
        this.#rest = length;
        at += HEADER_LENGTH;
        continue;
      }
      if (end - at < HEADER_LENGTH + length) return at;
      this.#control(type, channel, bytes, at + HEADER_LENGTH);
      at += HEADER_LENGTH + length;
    }
  }

  #control(type: number, channel: number, bytes: Uint8Array, at: number): void {
    switch (type) {
      case FRAME.open: {
        const [port, servicePort] = [readPort(bytes, at + 4), readPort(bytes, at + 6)];
        if (port === 0 || servicePort === 0) throw new ProtocolError("An OPEN frame has a port 0");
        return this.#sink.onOpen(channel, readNumber(bytes, at) >>> 0, port, servicePort);
      }
      case FRAME.fin:
        return this.#sink.onFin(channel);
      case FRAME.rst: {
        const reason = bytes[at] as number;
        if (!isReason(reason)) throw new ProtocolError(`An RST frame has the reason ${reason}`);
        return this.#sink.onReset(channel, reason);
      }
      case FRAME.credit: {
        const count = readNumber(bytes, at) >>> 0;
        if (count === 0 || count > WINDOW) throw new ProtocolError(`A CREDIT frame is for ${count} bytes`);
        return this.#sink.onCredit(channel, count);
      }
      case FRAME.promote:
        return this.#sink.onPromote(channel);
      case FRAME.switch:
        return this.#sink.onSwitch(channel);
      case FRAME.trace: {
        const seconds = readPort(bytes, at + 4);
        if (!isTraceTime(seconds)) throw new ProtocolError(`A TRACE frame is for ${seconds} seconds`);
        return this.#sink.onTrace(readNumber(bytes, at) >>> 0, seconds);
      }
      default:
        return this.#sink.onGoAway();
    }
  }
}

function checkHeader(type: number, length: number, channel: number): void {
  if (type === FRAME.data ? length === 0 || length > WINDOW : PAYLOAD_LENGTHS[type] !== length) {
    throw new ProtocolError(`A frame has type ${type} and length ${length}`);
  }
  const isOfString = type === FRAME.goAway || type === FRAME.trace;
  if (isOfString ? channel !== 0 : channel === 0 || channel > LAST_CHANNEL) {
    throw new ProtocolError(`A frame of type ${type} has the channel ${channel}`);
  }
}

function isReason(reason: number): reason is ResetReason {
  return reason <= RESET.idle;
}

function readNumber(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 24 | (bytes[at + 1] as number) << 16 | (bytes[at + 2] as number) << 8 |
    (bytes[at + 3] as number);
}

function readPort(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number);
}
