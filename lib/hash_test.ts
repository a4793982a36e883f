import assert from "node:assert/strict";
import fc from "fast-check";
import { hashDigits } from "./hash.ts";

/** FNV-1a as it is defined, in 64 bits. */
function defined(name: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

Deno.test("hashDigits() gives the published values", () => {
  assert.equal(hashDigits("", 16), "cbf29ce484222325");
  assert.equal(hashDigits("a", 16), "af63dc4c8601ec8c");
  assert.equal(hashDigits("foobar", 16), "85944171f73967e8");
});

Deno.test("hashDigits() agrees with the definition for every text and number of digits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 1, max: 16 }), (name, digits) => {
      assert.equal(hashDigits(name, digits), defined(name).slice(-digits));
    }),
  );
});
