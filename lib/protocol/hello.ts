/**
 * The hello: the first bytes of a connection to outer, unless the connection is a plain stream with a PROXY v2 header.
 * Pure.
 *
 * | bytes | field |
 * |---|---|
 * | 0 to 3 | 0, "1", "t", "p": PROXY v2's signature begins with other bytes |
 * | 4 | version of the protocol |
 * | 5 | kind: 1 a string, 2 a stream's own connection |
 * | 6, 7 | 0 |
 * | 8 to 11 | the string's number, which its inner has chosen, in network byte order |
 * | 12 to 15 | the stream's channel; 0 for a string |
 *
 * Outer answers with the same bytes. Inner sends nothing else before the answer, so nothing is lost if the peer does
 * not know the hello and closes the connection.
 *
 * WHY 16 bytes: a peer that expects PROXY v2 waits for 16 bytes before it checks them. After a shorter hello, it would
 * close the connection only after a timeout.
 *
 * @module
 */

/** The length of a hello, in bytes: the same as that of the fixed part of a PROXY v2 header. */
export const HELLO_LENGTH = 16;

const MAGIC = Uint8Array.of(0x00, 0x31, 0x74, 0x70);
const VERSION = 1;
const STRING = 1;
const BULK = 2;

/** What a connection is. */
export interface Hello {
  /** The string's number, of 32 bits. */
  readonly string: number;
  /** The channel that the connection belongs to; `undefined` for a string. */
  readonly channel: number | undefined;
}

/** Chooses a number for a string. Chance keeps the numbers of all strings of a host apart. */
export function randomStringNumber(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/**
 * Writes a hello.
 *
 * @param hello What the connection is.
 * @returns Its bytes.
 */
export function encodeHello({ string, channel }: Hello): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HELLO_LENGTH);
  bytes.set(MAGIC);
  bytes[4] = VERSION;
  bytes[5] = channel === undefined ? STRING : BULK;
  const view = new DataView(bytes.buffer);
  view.setUint32(8, string);
  view.setUint32(12, channel ?? 0);
  return bytes;
}

/**
 * Reads a hello.
 *
 * @param bytes The first {@linkcode HELLO_LENGTH} bytes of a connection.
 * @returns What the connection is; `undefined` if they are no hello of this version.
 */
export function parseHello(bytes: Uint8Array): Hello | undefined {
  if (bytes.length < HELLO_LENGTH || MAGIC.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HELLO_LENGTH);
  const [kind, string, channel] = [bytes[5], view.getUint32(8), view.getUint32(12)];
  if (bytes[4] !== VERSION || view.getUint16(6) !== 0) return undefined;
  if (kind === STRING && channel === 0) return { string, channel: undefined };
  if (kind === BULK && channel !== 0) return { string, channel };
  return undefined;
}
