/**
 * Bytes from one connection to another, both ways, until both have ended.
 *
 * WHY a loop of reads and writes and not `pipeTo`: a stream that ends closes its other half with it, so a service that
 * answers after the guest's FIN would answer into the void. Here each direction ends for itself (RFC 9293, 3.6), and a
 * reader waits for its writer, so a slow peer holds up its sender and fills no memory.
 *
 * @module
 */

import { fitting, giveBuffer, takeBuffer } from "./buffers.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";

/** A connection, TCP or UNIX. */
export type Duplex = Pick<Deno.Conn, "read" | "write" | "closeWrite" | typeof Symbol.dispose>;

/** What went through, and how it ended. */
export interface RelayResult {
  /** Bytes from the first connection to the second. */
  readonly up: number;
  /** Bytes from the second connection to the first. */
  readonly down: number;
  /** What broke a direction before its end, if anything did. */
  readonly error: unknown;
}

/** A read that was begun before the relay. */
export interface Begun {
  /** Where it reads to. */
  readonly buffer: Uint8Array<ArrayBuffer>;
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
  const { deadlines, idleTimeoutMs, begun } = options;
  const link: Link = { near, far, directions: 2, error: undefined };
  using deadline = deadlines.add(idleTimeoutMs, () => {
    link.error = new Deno.errors.TimedOut(`silent for ${idleTimeoutMs / 1000} seconds`);
    closeBoth(link);
  });
  const [up, down] = await Promise.all([
    pump(near, far, link, deadline, begun?.buffer ?? takeBuffer(), begun?.read),
    pump(far, near, link, deadline, takeBuffer(), undefined),
  ]);
  return { up, down, error: link.error };
}

/** Both directions of a stream. */
interface Link {
  readonly near: Duplex;
  readonly far: Duplex;
  /** How many of the two have not ended. */
  directions: number;
  /** What broke the first one that broke. */
  error: unknown;
}

function closeBoth({ near, far }: Link): void {
  close(near);
  close(far);
}

/**
 * Moves one direction's bytes until it ends.
 *
 * WHY one function with two awaits: each chunk of every stream goes through here twice, and an `async` function more, or a
 * closure, costs as much as all else that it does.
 *
 * @returns How many bytes there were.
 */
async function pump(
  from: Duplex,
  to: Duplex,
  link: Link,
  deadline: Deadline,
  first: Uint8Array<ArrayBuffer>,
  begun: Promise<number | null> | undefined,
): Promise<number> {
  let buffer = first;
  let bytes = 0;
  let isReading = true;
  let isRefused = false;
  try {
    let count = await (begun ?? from.read(buffer));
    while (count !== null) {
      isReading = false;
      deadline.touch();
      const chunk = count === buffer.length ? buffer : buffer.subarray(0, count);
      const written = await to.write(chunk);
      if (written < count) await writeAll(to, chunk.subarray(written));
      deadline.touch();
      bytes += count;
      isReading = true;
      buffer = fitting(buffer, count);
      count = await from.read(buffer);
    }
    isReading = false;
    // The last one to end needs no FIN of its own: to close a connection is to end it.
    if (link.directions > 1) await to.closeWrite();
  } catch (error) {
    link.error ??= error;
    // A reset. Deno can't pass one on, so all there is to do is not to keep the other side waiting.
    if (isReading) closeBoth(link);
    // It reads no more, but what it sent before may still be on its way: that direction goes on to its own end.
    else isRefused = true;
  }
  link.directions--;
  if (link.directions === 0) closeBoth(link);
  else if (isRefused) await discard(from, buffer);
  giveBuffer(buffer);
  return bytes;
}

/**
 * Reads what nobody wants, until the other direction has ended too and closes the connection.
 *
 * WHY: a peer that can't get rid of what it sends may read nothing either (an echo), and then the other direction would
 * wait for it as it waits for us.
 */
async function discard(from: Duplex, buffer: Uint8Array): Promise<void> {
  try {
    while (await from.read(buffer) !== null);
  } catch {
    // Why this stream ends is known already.
  }
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
export function close(connection: Pick<Duplex, typeof Symbol.dispose>): void {
  // Not close(), which throws if it is closed already: an exception costs more than all else about a short stream.
  connection[Symbol.dispose]();
}
