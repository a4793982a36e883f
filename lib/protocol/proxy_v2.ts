/**
 * The PROXY protocol, version 2. A plain stream to outer begins with this header, for example from HAProxy in the place
 * of inner. It tells outer the guest's address and the service port. A connection to a service begins with it if the
 * service asks for it. Section 2.2 of HAProxy's proxy-protocol.txt defines the layout.
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import { InputError } from "../errors.ts";

/** The two ends of a guest's connection. */
export interface Preamble {
  /** The guest's IPv4 address. */
  readonly sourceAddr: string;
  /** The guest's port. */
  readonly sourcePort: number;
  /** The address that the guest connected to. */
  readonly destinationAddr: string;
  /** The service port. */
  readonly destinationPort: number;
}

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** The signature, one byte of version and command, one of family and protocol, two of length. */
export const FIXED_LENGTH = 16;

const VERSION_2_PROXY = 0x21;
const VERSION_2_LOCAL = 0x20;
const TCP_OVER_IPV4 = 0x11;
const IPV4_ADDRESSES_LENGTH = 12;

/**
 * The longest part that may follow the fixed part, in bytes. Additional fields (TLVs) are allowed, but a header should
 * fit into one Ethernet frame.
 */
const LONGEST_REST = 1024;

/**
 * Encodes a preamble.
 *
 * @param preamble The two ends of the guest's connection.
 * @returns 28 bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePreamble } from "@one/tproxy";
 *
 * const ends = {
 *   sourceAddr: "192.168.150.10",
 *   sourcePort: 40000,
 *   destinationAddr: "169.254.16.9",
 *   destinationPort: 5030,
 * };
 * assert.equal(encodePreamble(ends).length, 28);
 * ```
 */
export function encodePreamble(preamble: Preamble): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FIXED_LENGTH + IPV4_ADDRESSES_LENGTH);
  bytes.set(SIGNATURE);
  const view = new DataView(bytes.buffer);
  view.setUint8(12, VERSION_2_PROXY);
  view.setUint8(13, TCP_OVER_IPV4);
  view.setUint16(14, IPV4_ADDRESSES_LENGTH);
  bytes.set(preamble.sourceAddr.split(".").map(Number), 16);
  bytes.set(preamble.destinationAddr.split(".").map(Number), 20);
  view.setUint16(24, preamble.sourcePort);
  view.setUint16(26, preamble.destinationPort);
  return bytes;
}

/** The fixed part of a preamble. */
export interface FixedPart {
  /** Whether the proxy connects for itself, for example for a health check, and not for a client. */
  readonly isLocal: boolean;
  /** How many more bytes belong to the preamble. */
  readonly length: number;
}

/**
 * Reads the fixed part of a preamble.
 *
 * @param bytes The first {@linkcode FIXED_LENGTH} bytes of a stream.
 * @returns Its fields. The family and the addresses of a LOCAL preamble mean nothing.
 * @throws {InputError} If it is not a version 2 preamble, is neither LOCAL nor of a TCP connection over IPv4, or has an
 * invalid length.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePreamble, parseFixedPart } from "@one/tproxy";
 *
 * const ends = {
 *   sourceAddr: "192.168.150.10",
 *   sourcePort: 40000,
 *   destinationAddr: "169.254.16.9",
 *   destinationPort: 5030,
 * };
 * assert.deepEqual(parseFixedPart(encodePreamble(ends).subarray(0, 16)), { isLocal: false, length: 12 });
 * ```
 */
export function parseFixedPart(bytes: Uint8Array): FixedPart {
  if (bytes.length < FIXED_LENGTH || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError("The stream does not begin with a PROXY v2 signature");
  }
  const isLocal = bytes[12] === VERSION_2_LOCAL;
  if (!isLocal && (bytes[12] !== VERSION_2_PROXY || bytes[13] !== TCP_OVER_IPV4)) {
    throw new InputError("The PROXY v2 preamble is not of a proxied TCP connection over IPv4");
  }
  const length = view(bytes).getUint16(14);
  const shortest = isLocal ? 0 : IPV4_ADDRESSES_LENGTH;
  if (length < shortest || length > LONGEST_REST) {
    throw new InputError(`The PROXY v2 preamble says ${length} bytes follow; ${shortest} to ${LONGEST_REST} may`);
  }
  return { isLocal, length };
}

/**
 * Reads the part after the fixed one.
 *
 * @param rest The bytes after the fixed part, as many as {@linkcode parseFixedPart} has returned. Additional fields in
 * them are ignored.
 * @returns The two ends of the guest's connection.
 * @throws {InputError} If the bytes are too few, or a port is 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodePreamble, parseAddresses } from "@one/tproxy";
 *
 * const ends = {
 *   sourceAddr: "192.168.150.10",
 *   sourcePort: 40000,
 *   destinationAddr: "169.254.16.9",
 *   destinationPort: 5030,
 * };
 * assert.deepEqual(parseAddresses(encodePreamble(ends).subarray(16)), ends);
 * ```
 */
export function parseAddresses(rest: Uint8Array): Preamble {
  if (rest.length < IPV4_ADDRESSES_LENGTH) throw new InputError("The PROXY v2 preamble is cut short");
  const sourceAddr = rest.subarray(0, 4).join(".");
  const destinationAddr = rest.subarray(4, 8).join(".");
  const sourcePort = view(rest).getUint16(8);
  const destinationPort = view(rest).getUint16(10);
  if (!isIpv4(sourceAddr) || !isPort(sourcePort) || !isPort(destinationPort)) {
    throw new InputError("The PROXY v2 preamble has a port 0");
  }
  return { sourceAddr, sourcePort, destinationAddr, destinationPort };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
