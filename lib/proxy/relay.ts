/**
 * Bytes from one connection to another, both ways, until both have ended.
 *
 * WHY a loop of reads and writes and not `pipeTo`: a stream that ends closes its other half with it, so a service that
 * answers after the guest's FIN would answer into the void. Here each direction ends for itself (RFC 9293, 3.6), and a
 * reader waits for its writer, so a slow peer holds up its sender and fills no memory.
 *
 * @module
 */

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

/** Most streams are a request and an answer; what one 256 KiB buffer for each costs, 10,000 idle ones can't pay. */
const FIRST_BUFFER = 16 * 1024;
const LARGEST_BUFFER = 256 * 1024;

/** How one direction ended. */
interface Ending {
  readonly bytes: number;
  readonly error: unknown;
}

/**
 * Relays bytes both ways, and closes both connections in the end.
 *
 * @param near A connection; the caller gives it away.
 * @param far The other one; the caller gives it away.
 * @returns What went through. It never throws: what peers do to a stream is a result, not a failure of ours.
 */
export async function relay(near: Duplex, far: Duplex): Promise<RelayResult> {
  const abort = () => {
    close(near);
    close(far);
  };
  let error: unknown;
  const direction = async (from: Duplex, to: Duplex): Promise<number> => {
    const ending = await pump(from, to, abort);
    error ??= ending.error;
    return ending.bytes;
  };
  const [up, down] = await Promise.all([direction(near, far), direction(far, near)]);
  abort();
  return { up, down, error };
}

async function pump(from: Duplex, to: Duplex, abort: () => void): Promise<Ending> {
  let buffer = new Uint8Array(FIRST_BUFFER);
  let bytes = 0;
  for (;;) {
    let count: number | null;
    try {
      count = await from.read(buffer);
    } catch (error) {
      // A reset. Deno can't pass one on, so all there is to do is not to keep the other side waiting.
      abort();
      return { bytes, error };
    }
    try {
      if (count === null) {
        await to.closeWrite();
        return { bytes, error: undefined };
      }
      await writeAll(to, buffer.subarray(0, count));
    } catch (error) {
      // It reads no more, but what it sent before may still be on its way: that direction goes on to its own end.
      return { bytes, error };
    }
    bytes += count;
    if (count === buffer.length && count < LARGEST_BUFFER) buffer = new Uint8Array(count * 4);
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
 * Reads until a buffer is full.
 *
 * @param from The connection.
 * @param bytes The buffer.
 * @throws {Deno.errors.UnexpectedEof} If the peer has ended before.
 */
export async function readFull(from: Pick<Duplex, "read">, bytes: Uint8Array): Promise<void> {
  for (let filled = 0; filled < bytes.length;) {
    const count = await from.read(bytes.subarray(filled));
    if (count === null) throw new Deno.errors.UnexpectedEof(`ended after ${filled} of ${bytes.length} bytes`);
    filled += count;
  }
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
