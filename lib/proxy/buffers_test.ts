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
  const burst = Array.from({ length: 2000 }, () => takeBuffer());
  burst.forEach(giveBuffer);
  giveBuffer(new Uint8Array(100));
  const again = Array.from({ length: 2000 }, () => takeBuffer());
  const kept = again.filter((buffer) => burst.includes(buffer));
  assert.equal(kept.length, 512);
  assert.ok(again.every(({ length }) => length === again[0]?.length));
});

Deno.test("fitting() gives more room after each full read, and little again after a small one", () => {
  let buffer = takeBuffer();
  const lengths = [buffer.length];
  for (let i = 0; i < 3; i++) {
    buffer = fitting(buffer, buffer.length);
    lengths.push(buffer.length);
  }
  assert.deepEqual(lengths, [2048, 32_768, 262_144, 262_144]);
  assert.equal(fitting(buffer, 2048), buffer);
  assert.equal(fitting(buffer, 1).length, 2048);
});

Deno.test("fitting() keeps a buffer that was not filled, and gives a longer one for one of another length", () => {
  const small = takeBuffer();
  assert.equal(fitting(small, small.length - 1), small);
  assert.equal(fitting(small, 1), small);
  assert.equal(fitting(new Uint8Array(2020), 2020).length, 2048);
});
