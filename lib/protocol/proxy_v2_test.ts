import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "../errors.ts";
import { encodePreamble, FIXED_LENGTH, parseAddresses, parseFixedPart, type Preamble } from "./proxy_v2.ts";

const GUEST: Preamble = {
  sourceAddr: "192.168.150.100",
  sourcePort: 40000,
  destinationAddr: "169.254.16.9",
  destinationPort: 5030,
};

// Written out from section 2.2 of HAProxy's proxy-protocol.txt.
const GOLDEN = "0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "c0a89664" + "a9fe1009" + "9c40" + "13a6";

const ports = fc.integer({ min: 1, max: 65535 });
const preambles: fc.Arbitrary<Preamble> = fc.record(
  { sourceAddr: fc.ipV4(), sourcePort: ports, destinationAddr: fc.ipV4(), destinationPort: ports },
  { noNullPrototype: true },
);

/** Reads a whole preamble as outer does: the fixed part, then as many bytes as it announces. */
function parse(bytes: Uint8Array): Preamble {
  const { length } = parseFixedPart(bytes.subarray(0, FIXED_LENGTH));
  return parseAddresses(bytes.subarray(FIXED_LENGTH, FIXED_LENGTH + length));
}

function withByte(index: number, value: number): Uint8Array {
  return encodePreamble(GUEST).with(index, value);
}

Deno.test("encodePreamble() writes exactly these 28 bytes", () => {
  assert.equal(encodePreamble(GUEST).toHex(), GOLDEN);
});

Deno.test("parseFixedPart() and parseAddresses() read back whatever encodePreamble() wrote", () => {
  fc.assert(fc.property(preambles, (preamble) => assert.deepEqual(parse(encodePreamble(preamble)), preamble)));
});

Deno.test("parseAddresses() reads bytes that lie somewhere in a larger buffer", () => {
  const buffer = new Uint8Array(100).fill(0xff);
  buffer.set(encodePreamble(GUEST), 33);
  assert.deepEqual(parse(buffer.subarray(33, 33 + 28)), GUEST);
});

Deno.test("parseFixedPart() and parseAddresses() pass over additional fields", () => {
  fc.assert(fc.property(preambles, fc.uint8Array({ maxLength: 1012 }), (preamble, fields) => {
    const bytes = new Uint8Array([...encodePreamble(preamble), ...fields]);
    new DataView(bytes.buffer).setUint16(14, 12 + fields.length);
    assert.deepEqual(parseFixedPart(bytes.subarray(0, FIXED_LENGTH)), { isLocal: false, length: 12 + fields.length });
    assert.deepEqual(parse(bytes), preamble);
  }));
});

Deno.test("parseFixedPart() refuses a stream with any byte of the signature changed", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 255 }), (index, difference) => {
    const bytes = encodePreamble(GUEST);
    bytes[index] = (bytes[index] ?? 0) ^ difference;
    assert.throws(() => parseFixedPart(bytes), /signature/);
  }));
});

Deno.test("parseFixedPart() refuses other versions, commands, families and protocols", () => {
  // Version 1, an unknown command; unspecified, UDP, IPv6, UNIX.
  for (const value of [0x11, 0x22, 0x00, 0xff]) {
    assert.throws(() => parseFixedPart(withByte(12, value)), InputError, value.toString(16));
  }
  for (const value of [0x00, 0x12, 0x21, 0x31, 0xff]) {
    assert.throws(() => parseFixedPart(withByte(13, value)), InputError, value.toString(16));
  }
});

Deno.test("parseFixedPart() bounds how much it lets follow", () => {
  const cases: [number, boolean][] = [[0, false], [11, false], [12, true], [1024, true], [1025, false], [65535, false]];
  for (const [length, good] of cases) {
    const bytes = encodePreamble(GUEST);
    new DataView(bytes.buffer).setUint16(14, length);
    if (good) assert.deepEqual(parseFixedPart(bytes), { isLocal: false, length });
    else assert.throws(() => parseFixedPart(bytes), new RegExp(`says ${length} bytes follow`));
  }
});

Deno.test("parseFixedPart() takes a LOCAL preamble of any family, with nothing behind it or something", () => {
  for (const family of [0x00, 0x11, 0x21, 0x31]) {
    for (const length of [0, 1, 12, 1024]) {
      const bytes = withByte(12, 0x20).with(13, family);
      new DataView(bytes.buffer).setUint16(14, length);
      assert.deepEqual(parseFixedPart(bytes), { isLocal: true, length });
    }
  }
  assert.throws(() => parseFixedPart(withByte(12, 0x20).with(14, 0xff)), /0 to 1024 may/);
});

Deno.test("parseAddresses() refuses a port 0 and addresses that are cut short", () => {
  for (const preamble of [{ ...GUEST, sourcePort: 0 }, { ...GUEST, destinationPort: 0 }]) {
    assert.throws(() => parse(encodePreamble(preamble)), /port 0/);
  }
  for (let length = 0; length < 12; length++) {
    assert.throws(() => parseAddresses(new Uint8Array(length).fill(1)), /cut short/);
  }
});

Deno.test("parseFixedPart() and parseAddresses() fail with nothing but InputError", () => {
  const start = encodePreamble(GUEST).subarray(0, 14);
  const garbage = fc.uint8Array({ maxLength: 40 });
  const nearly = garbage.map((bytes) => new Uint8Array([...start, ...bytes]));
  fc.assert(fc.property(fc.oneof(garbage, nearly), (bytes) => {
    try {
      const { sourcePort, destinationPort } = parse(bytes);
      assert.ok(sourcePort > 0 && destinationPort > 0);
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
    }
  }));
});
