/**
 * Inner's connections to outer's UNIX socket, which begin with a hello.
 *
 * @module
 */

import { encodeHello, type Hello, HELLO_LENGTH } from "../protocol/hello.ts";
import { close, readFull, writeAll } from "./connection.ts";
import { connectUnix } from "./connect_unix.ts";
import type { Deadlines } from "./deadlines.ts";

/**
 * Connects, sends a hello, and waits for the answer.
 *
 * @param path Outer's socket.
 * @param hello What the connection is for.
 * @param deadlines Where the deadline is kept.
 * @param timeoutMs How long the answer may take, in milliseconds.
 * @returns The connection; `undefined` if the peer does not know the hello: it has closed the connection or answered
 * something else.
 * @throws {Deno.errors.TimedOut} If there is no answer in time.
 * @throws {Deno.errors.NotFound} If there is no such socket, and any other error of a connect.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:` for it, `--allow-read` and `--allow-write`.
 */
export async function dialOuter(
  path: string,
  hello: Hello,
  deadlines: Deadlines,
  timeoutMs: number,
): Promise<Deno.UnixConn | undefined> {
  const connection = await connectUnix(path);
  let isLate = false;
  using _deadline = deadlines.within(timeoutMs, () => {
    isLate = true;
    close(connection);
  });
  const said = encodeHello(hello);
  const answer = new Uint8Array(HELLO_LENGTH);
  try {
    await writeAll(connection, said);
    await readFull(connection, answer);
    if (answer.every((byte, i) => byte === said[i])) return connection;
  } catch (error) {
    close(connection);
    if (isLate) throw new Deno.errors.TimedOut(`outer did not answer within ${timeoutMs / 1000} seconds`);
    if (!isEnd(error)) throw error;
  }
  close(connection);
  return undefined;
}

/** Tells whether an error means that the peer has closed the connection. */
function isEnd(error: unknown): boolean {
  const { BrokenPipe, ConnectionReset, UnexpectedEof } = Deno.errors;
  return error instanceof UnexpectedEof || error instanceof BrokenPipe || error instanceof ConnectionReset;
}
