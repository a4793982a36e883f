/**
 * The first bytes of a stream on the string: the preamble, and what came with it.
 *
 * @module
 */

import { encodePreamble, FIXED_LENGTH, parseAddresses, parseFixedPart, type Preamble } from "../protocol/preamble.ts";
import { giveBuffer, takeBuffer } from "./buffers.ts";
import type { Duplex } from "./relay.ts";

/** A stream's beginning. */
export interface Greeting {
  /** Who calls, and what for. */
  readonly preamble: Preamble;
  /** What of the guest's bytes came with it. */
  readonly body: Uint8Array;
  /** What the body is in, to be given back once it has been sent. */
  readonly buffer: Uint8Array<ArrayBuffer>;
}

/**
 * Reads a stream's beginning.
 *
 * @param string The stream.
 * @returns The preamble and what came with it; `undefined` for a health check, a connection that is for no guest.
 * @throws {import("../errors.ts").InputError} If it does not begin with a good preamble.
 * @throws {Deno.errors.UnexpectedEof} If the peer has ended before.
 */
export async function greet(string: Pick<Duplex, "read">): Promise<Greeting | undefined> {
  // The longest preamble fits, and a guest's first bytes with it.
  const buffer = takeBuffer();
  let filled = 0;
  const fill = async (length: number) => {
    while (filled < length) {
      const count = await string.read(buffer.subarray(filled));
      if (count === null) throw new Deno.errors.UnexpectedEof(`ended after ${filled} of ${length} bytes`);
      filled += count;
    }
  };
  try {
    await fill(FIXED_LENGTH);
    const { isLocal, length } = parseFixedPart(buffer.subarray(0, FIXED_LENGTH));
    const end = FIXED_LENGTH + length;
    await fill(end);
    if (isLocal) {
      giveBuffer(buffer);
      return undefined;
    }
    return { preamble: parseAddresses(buffer.subarray(FIXED_LENGTH, end)), body: buffer.subarray(end, filled), buffer };
  } catch (error) {
    giveBuffer(buffer);
    throw error;
  }
}

/**
 * Makes what a service is sent first.
 *
 * @param greeting How the stream began.
 * @param proxyProtocol The header by which the service wants to be told who calls. It is made anew: what else an inner
 * proxy may have put into its own is not for the service.
 * @returns The bytes; none if there is nothing to send yet.
 */
export function openingFor(
  { preamble, body }: Pick<Greeting, "preamble" | "body">,
  proxyProtocol: "v2" | undefined,
): Uint8Array {
  if (proxyProtocol === undefined) return body;
  const header = encodePreamble(preamble);
  const bytes = new Uint8Array(header.length + body.length);
  bytes.set(header);
  bytes.set(body, header.length);
  return bytes;
}
