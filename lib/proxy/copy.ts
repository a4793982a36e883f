/**
 * Bytes from one connection to another, one way, until they end.
 *
 * WHY a loop of reads and writes and not `pipeTo`: that closes both connections in the end, so a service that answers after
 * the guest's FIN would answer into the void. A reader waits for its writer, so a slow peer holds up its sender and fills
 * no memory.
 *
 * @module
 */

import { giveBuffer } from "./buffers.ts";
import { type Duplex, writeAll } from "./connection.ts";
import { nextBuffer } from "./read_scheduler.ts";

/** Who is told of progress. */
export interface Meter {
  /** Something was read or written. */
  touch(): void;
  /** So many bytes have been written. */
  moved(count: number): void;
}

/** What broke a direction before its end. */
export interface Broken {
  /** What a read or a write failed with. */
  readonly error: unknown;
  /** Whether it was a read. */
  readonly isReading: boolean;
}

/**
 * Copies until the end.
 *
 * @param from Where to read.
 * @param to Where to write; it is not ended.
 * @param buffer What to read into; it is given back.
 * @param meter Who is told of progress.
 * @param count How many bytes are in the buffer already.
 * @returns What broke it, or `undefined` if all has been written. It never throws.
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
        // Not awaited unless it has to be: an await is a turn of the loop's queue.
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
 * Reads what nobody wants, until it ends.
 *
 * WHY: a peer that can't get rid of what it sends may read nothing either (an echo), and then the other direction would
 * wait for it as it waits for us.
 *
 * @param from The connection.
 */
export async function discard(from: Pick<Duplex, "read">): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    while (await from.read(buffer) !== null);
  } catch {
    // Why the stream ends is known already.
  }
}
