/**
 * The first bytes of a connection to outer: they say what it is.
 *
 * @module
 */

import { type Hello, parseHello } from "../protocol/hello.ts";
import { FIXED_LENGTH, parseAddresses, parseFixedPart, type Preamble } from "../protocol/preamble.ts";
import { type Duplex, readFull } from "./connection.ts";

/** What a connection is: one with a hello, or one plain stream. */
export type Received =
  | { readonly hello: Hello; readonly preamble?: undefined }
  | { readonly hello?: undefined; readonly preamble: Preamble };

/**
 * Reads what a connection is, and nothing that comes after it.
 *
 * @param connection The connection.
 * @returns What it is; `undefined` for a health check, a connection that is for no guest.
 * @throws {import("../errors.ts").InputError} If it begins neither with a hello nor with a good PROXY v2 preamble.
 * @throws {Deno.errors.UnexpectedEof} If the peer has ended before.
 */
export async function receivePreamble(connection: Pick<Duplex, "read">): Promise<Received | undefined> {
  const first = new Uint8Array(FIXED_LENGTH);
  await readFull(connection, first);
  const hello = parseHello(first);
  if (hello !== undefined) return { hello };
  const { isLocal, length } = parseFixedPart(first);
  const rest = new Uint8Array(length);
  await readFull(connection, rest);
  return isLocal ? undefined : { preamble: parseAddresses(rest) };
}
