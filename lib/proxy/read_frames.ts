/**
 * Reading a string. The bytes of a stream are passed on in the buffer that they were read into.
 *
 * @module
 */

import { FrameDecoder, type FrameSink } from "../protocol/decode_frames.ts";
import type { Duplex } from "./connection.ts";
import { leaveReadBuffer, type ReadBuffer, takeReadBuffer } from "./read_buffers.ts";

/** A receiver of frames. */
export interface FrameReceiver extends FrameSink {
  /** The buffer that the frame being received is in; the reader sets it. */
  buffer: ReadBuffer | undefined;
  /** Whether no more frames are wanted. */
  readonly isGone: boolean;
}

/**
 * Reads frames until the string ends, or no more are wanted.
 *
 * @param connection The string.
 * @param receiver Receives the frames.
 * @throws {ProtocolError} If something can't be a frame, and any error of a read or of the receiver.
 */
export async function readFrames(connection: Pick<Duplex, "read">, receiver: FrameReceiver): Promise<void> {
  const decoder = new FrameDecoder(receiver);
  let buffer = takeReadBuffer();
  let length = 0;
  try {
    for (;;) {
      const count = await connection.read(length === 0 ? buffer.bytes : buffer.bytes.subarray(length));
      if (count === null || receiver.isGone) return;
      const end = length + count;
      receiver.buffer = buffer;
      const used = decoder.decode(buffer.bytes, end);
      length = end - used;
      // If a peer still writes from the buffer, the next read needs another one.
      const next = buffer.users === 1 ? buffer : takeReadBuffer();
      if (length > 0) next.bytes.set(buffer.bytes.subarray(used, end));
      if (next !== buffer) leaveReadBuffer(buffer);
      buffer = next;
    }
  } finally {
    leaveReadBuffer(buffer);
  }
}
