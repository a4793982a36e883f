/**
 * Helpers for connections: write all bytes, fill a buffer, close.
 *
 * @module
 */

/** A connection, TCP or UNIX. */
export type Duplex = Pick<Deno.Conn, "read" | "write" | "closeWrite" | typeof Symbol.dispose>;

/** A TCP connection. */
export type TcpDuplex = Duplex & Pick<Deno.TcpConn, "setNoDelay" | "setKeepAlive">;

/**
 * Writes all bytes.
 *
 * @param to The connection.
 * @param bytes The bytes.
 * @throws {Deno.errors.BrokenPipe} If the peer has closed, and any other error of a write.
 */
export async function writeAll(to: Pick<Duplex, "write">, bytes: Uint8Array): Promise<void> {
  let written = await to.write(bytes);
  while (written < bytes.length) written += await to.write(bytes.subarray(written));
}

/**
 * Reads until a buffer is full.
 *
 * @param from The connection.
 * @param buffer The buffer.
 * @throws {Deno.errors.UnexpectedEof} If the peer ends before, and any other error of a read.
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
  // close() would throw on a closed connection. An exception costs more than everything else in a short stream.
  connection[Symbol.dispose]();
}
