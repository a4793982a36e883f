import assert from "node:assert/strict";
import fc from "fast-check";
import { LAST_CHANNEL } from "./frames.ts";
import { encodeHello, HELLO_LENGTH, parseHello } from "./hello.ts";

Deno.test("parseHello() reads what encodeHello() writes", () => {
  const channel = fc.option(fc.integer({ min: 1, max: LAST_CHANNEL }), { nil: undefined });
  fc.assert(fc.property(fc.record({ string: fc.nat(0xffff_ffff), channel }), (hello) => {
    const bytes = encodeHello(hello);
    assert.equal(bytes.length, HELLO_LENGTH);
    assert.deepEqual(parseHello(bytes), { ...hello });
  }));
});

Deno.test("parseHello() takes no other bytes for a hello", () => {
  const good = encodeHello({ string: 7, channel: undefined });
  const others: Readonly<Record<string, Uint8Array>> = {
    "PROXY v2": Uint8Array.fromHex("0d0a0d0a000d0a515549540a2111000c"),
    "too short": good.subarray(0, 15),
    "another version": good.with(4, 2),
    "an unknown kind": good.with(5, 3),
    "bytes that must be 0": good.with(7, 1),
    "a string with a channel": good.with(15, 1),
    "a stream's connection without a channel": good.with(5, 2),
  };
  for (const [what, bytes] of Object.entries(others)) assert.equal(parseHello(bytes), undefined, what);
  for (let i = 0; i < 4; i++) assert.equal(parseHello(good.with(i, 0x0d)), undefined, `byte ${i}`);
});
