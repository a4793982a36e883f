/**
 * Reading the first bytes of a connection to outer, which tell its kind.
 *
 * @module
 */

import { type Hello, parseHello } from "../protocol/hello.ts";
import { FIXED_LENGTH, parseAddresses, parseFixedPart, type Preamble } from "../protocol/proxy_v2.ts";
import { type Duplex, readFull } from "./connection.ts";

/** The kind of a connection: one with a hello, or a plain stream. */
export type Received =
  | { readonly hello: Hello; readonly preamble?: undefined }
  | { readonly hello?: undefined; readonly preamble: Preamble };

/**
 * Reads the hello or the preamble of a connection, and no byte after it.
 *
 * @param connection The connection.
 * @returns The hello or the preamble; `undefined` for a health check, which is for no guest.
 * @throws {import("../errors.ts").InputError} If it begins neither with a hello nor with a good PROXY v2 preamble.
 * @throws {Deno.errors.UnexpectedEof} If the peer ends before.
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
