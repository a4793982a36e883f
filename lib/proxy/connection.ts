/**
 * What every connection is asked for: to write all, to read so much, to be closed.
 *
 * @module
 */

/** A connection, TCP or UNIX. */
export type Duplex = Pick<Deno.Conn, "read" | "write" | "closeWrite" | typeof Symbol.dispose>;

/** A TCP connection. */
export type TcpDuplex = Duplex & Pick<Deno.TcpConn, "setNoDelay" | "setKeepAlive">;

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
 * Reads exactly so many bytes as a buffer is long.
 *
 * @param from The connection.
 * @param buffer Where to.
 * @throws {Deno.errors.UnexpectedEof} If the peer has ended before, and whatever else a read may fail with.
 */
export async function readFull(from: Pick<Duplex, "read">, buffer: Uint8Array): Promise<void> {
  let filled = 0;
  while (filled < buffer.length) {
    const count = await from.read(buffer.subarray(filled));
    if (count === null) throw new Deno.errors.UnexpectedEof(`ended after ${filled} of ${buffer.length} bytes`);
    filled += count;
  }
}

/**
 * Closes a connection that may be closed already.
 *
 * @param connection The connection.
 */
export function close(connection: Disposable): void {
  // Not close(), which throws if it is closed already: an exception costs more than all else about a short stream.
  connection[Symbol.dispose]();
}
