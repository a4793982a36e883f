/**
 * Copying bytes from one connection to another, in one direction, until the end.
 *
 * WHY not `pipeTo`: it closes both connections at the end. The answer of a service that comes after the guest's FIN
 * would be lost.
 *
 * The loop writes before it reads again, so a slow peer slows its sender down and fills no memory.
 *
 * @module
 */

import { giveBuffer } from "./buffers.ts";
import { type Duplex, writeAll } from "./connection.ts";
import { nextBuffer } from "./read_scheduler.ts";

/** Receives the progress of a copy. */
export interface Meter {
  /** Something was read or written. */
  touch(): void;
  /** This many bytes have been written. */
  moved(count: number): void;
}

/** The error that ended a direction early. */
export interface Broken {
  /** The error of the read or the write. */
  readonly error: unknown;
  /** Whether a read has failed. */
  readonly isReading: boolean;
}

/**
 * Copies until the end.
 *
 * @param from The connection to read.
 * @param to The connection to write to; it is not closed at the end.
 * @param buffer The buffer to read into; it is given back to the pool.
 * @param meter Receives the progress.
 * @param count How many bytes are in the buffer already.
 * @returns The error that ended it early, or `undefined` if everything has been written. It never throws.
 */
export async function copy(
  from: Pick<Duplex, "read">,
  to: Pick<Duplex, "write">,
  buffer: Uint8Array<ArrayBuffer>,
  meter: Meter,
  count: number | null = 0,
): Promise<Broken | undefined> {
  let isReading = false;
  try {
    while (count !== null) {
      if (count > 0) {
        meter.touch();
        const chunk = count === buffer.length ? buffer : buffer.subarray(0, count);
        const written = await to.write(chunk);
        if (written < count) await writeAll(to, chunk.subarray(written));
        meter.touch();
        meter.moved(count);
        const next = nextBuffer(buffer, count);
        // Awaited only if it is a promise, since an await costs a microtask.
        buffer = next instanceof Promise ? await next : next;
      }
      isReading = true;
      count = await from.read(buffer);
      isReading = false;
    }
    return undefined;
  } catch (error) {
    return { error, isReading };
  } finally {
    giveBuffer(buffer);
  }
}

/**
 * Reads and drops bytes until the end.
 *
 * WHY: a peer that can't send may not read either, for example an echo service. The other direction would then wait for
 * ever.
 *
 * @param from The connection.
 */
export async function discard(from: Pick<Duplex, "read">): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    while (await from.read(buffer) !== null);
  } catch {
    // The reason for the end is known already.
  }
}
