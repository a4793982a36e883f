/**
 * Bytes from one connection to another, both ways, until both have ended.
 *
 * WHY a loop of reads and writes and not `pipeTo`: a stream that ends closes its other half with it, so a service that
 * answers after the guest's FIN would answer into the void. Here each direction ends for itself (RFC 9293, 3.6), and a
 * reader waits for its writer, so a slow peer holds up its sender and fills no memory.
 *
 * @module
 */

import type { Deadline, Deadlines } from "./deadlines.ts";

/** A connection, TCP or UNIX. */
export type Duplex = Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close">;

/** What went through, and how it ended. */
export interface RelayResult {
  /** Bytes from the first connection to the second. */
  readonly up: number;
  /** Bytes from the second connection to the first. */
  readonly down: number;
  /** What broke a direction before its end, if anything did. */
  readonly error: unknown;
}

/** How one direction ended. */
interface Ending {
  readonly bytes: number;
  readonly error: unknown;
  /** Whether it ended since nobody reads what it brings. */
  readonly refused: boolean;
}

/** A read that was begun before the relay. */
export interface Begun {
  /** Where it reads to. */
  readonly buffer: Uint8Array;
  /** What it answers: a number of bytes, or `null` at the end. */
  readonly read: Promise<number | null>;
}

/** How long a relay may be silent, and what happened to it before. */
export interface RelayOptions {
  /** Where its deadline is kept. */
  readonly deadlines: Deadlines;
  /** How long it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** A read from the first connection that is already under way. */
  readonly begun?: Begun | undefined;
}

/**
 * Relays bytes both ways, and closes both connections in the end.
 *
 * @param near A connection; the caller gives it away.
 * @param far The other one; the caller gives it away.
 * @param options How long it may be silent, and what was read before.
 * @returns What went through. It never throws: what peers do to a stream is a result, not a failure of ours.
 */
export async function relay(near: Duplex, far: Duplex, options: RelayOptions): Promise<RelayResult> {
  let error: unknown;
  let directions = 2;
  const abort = () => {
    close(near);
    close(far);
  };
  using deadline = options.deadlines.add(options.idleTimeoutMs, () => {
    error = new Deno.errors.TimedOut(`silent for ${options.idleTimeoutMs / 1000} seconds`);
    abort();
  });
  const direction = async (from: Duplex, to: Duplex, begun?: Begun): Promise<number> => {
    const ending = await pump(from, to, abort, deadline, begun);
    error ??= ending.error;
    if (--directions === 0) abort();
    else if (ending.refused) await discard(from);
    return ending.bytes;
  };
  const [up, down] = await Promise.all([direction(near, far, options.begun), direction(far, near)]);
  return { up, down, error };
}

async function pump(
  from: Duplex,
  to: Duplex,
  abort: () => void,
  deadline: Deadline,
  begun: Begun | undefined,
): Promise<Ending> {
  let buffer = begun?.buffer ?? new Uint8Array(SMALL_BUFFER);
  let read = begun?.read;
  let bytes = 0;
  for (;;) {
    let count: number | null;
    try {
      count = await (read ?? from.read(buffer));
      read = undefined;
    } catch (error) {
      // A reset. Deno can't pass one on, so all there is to do is not to keep the other side waiting.
      abort();
      return { bytes, error, refused: false };
    }
    deadline.touch();
    try {
      if (count === null) {
        await to.closeWrite();
        return { bytes, error: undefined, refused: false };
      }
      await writeAll(to, count === buffer.length ? buffer : buffer.subarray(0, count));
    } catch (error) {
      // It reads no more, but what it sent before may still be on its way: that direction goes on to its own end.
      return { bytes, error, refused: true };
    }
    deadline.touch();
    bytes += count;
    buffer = fitting(buffer, count);
  }
}

/**
 * Reads what nobody wants, until the other direction has ended too and closes the connection.
 *
 * WHY: a peer that can't get rid of what it sends may read nothing either (an echo), and then the other direction would
 * wait for it as it waits for us.
 */
async function discard(from: Duplex): Promise<void> {
  const buffer = new Uint8Array(SMALL_BUFFER);
  try {
    while (await from.read(buffer) !== null);
  } catch {
    // Why this stream ends is known already.
  }
}

/** A stream waits with a small buffer, since most streams wait most of the time: a thousand idle ones take 8 MB. */
const SMALL_BUFFER = 4 * 1024;
const LARGE_BUFFER = 256 * 1024;

/** Chooses the buffer for the next read: more room after one that was filled, little again when hardly any was needed. */
function fitting(buffer: Uint8Array, count: number): Uint8Array {
  if (count === buffer.length && count < LARGE_BUFFER) return new Uint8Array(Math.min(count * 8, LARGE_BUFFER));
  if (buffer.length > SMALL_BUFFER && count < SMALL_BUFFER / 2) return new Uint8Array(SMALL_BUFFER);
  return buffer;
}

/**
 * Writes all of some bytes.
 *
 * @param to The connection.
 * @param bytes What to write.
 * @throws {Deno.errors.BrokenPipe} If the peer reads no more, and whatever else a write may fail with.
 */
export async function writeAll(to: Pick<Duplex, "write">, bytes: Uint8Array): Promise<void> {
  let written = await to.write(bytes);
  while (written < bytes.length) written += await to.write(bytes.subarray(written));
}

/**
 * Closes a connection that may be closed already.
 *
 * @param connection The connection.
 */
export function close(connection: Pick<Duplex, "close">): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
