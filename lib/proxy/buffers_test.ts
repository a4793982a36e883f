import assert from "node:assert/strict";
import { fitting, giveBuffer, takeBuffer } from "./buffers.ts";

Deno.test("takeBuffer() gives what was given back, and never one buffer to two", () => {
  const [one, other] = [takeBuffer(), takeBuffer()];
  assert.notEqual(one, other);
  giveBuffer(one);
  assert.equal(takeBuffer(), one);
  assert.notEqual(takeBuffer(), one);
});

Deno.test("giveBuffer() keeps no more than a burst needs, and nothing of another size", () => {
  const burst = Array.from({ length: 2000 }, takeBuffer);
  burst.forEach(giveBuffer);
  giveBuffer(new Uint8Array(100));
  const again = Array.from({ length: 2000 }, takeBuffer);
  const kept = again.filter((buffer) => burst.includes(buffer));
  assert.ok(kept.length >= 100 && kept.length <= 500, String(kept.length));
  assert.ok(again.every(({ length }) => length === again[0]?.length));
});

Deno.test("fitting() gives more room after a full read, and little again after a small one", () => {
  const small = takeBuffer();
  assert.equal(fitting(small, small.length - 1), small);
  const large = fitting(small, small.length);
  assert.ok(large.length > small.length);
  assert.equal(fitting(large, large.length), large);
  assert.equal(fitting(large, small.length), large);
  assert.equal(fitting(large, 1).length, small.length);
  assert.notEqual(takeBuffer(), large);
});
