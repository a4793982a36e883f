import assert from "node:assert/strict";
import fc from "fast-check";
import { giveBuffer, LARGE, MEDIUM, releaseBuffers, SMALL, takeBuffer, takenBuffers } from "./buffers.ts";

const SIZES = [SMALL, MEDIUM, LARGE];

Deno.test("takeBuffer() gives what was given back, and never one buffer to two", () => {
  const [one, other] = [takeBuffer(), takeBuffer()];
  assert.notEqual(one, other);
  giveBuffer(one);
  assert.equal(takeBuffer(), one);
  const another = takeBuffer();
  assert.notEqual(another, one);
  [one, other, another].forEach(giveBuffer);
});

Deno.test("takeBuffer() gives nobody what another one has, in any order of taking and giving", () => {
  const steps = fc.array(fc.record({ size: fc.constantFrom(...SIZES), gives: fc.boolean(), which: fc.nat() }), {
    maxLength: 400,
  });
  fc.assert(fc.property(steps, (steps) => {
    const held: Uint8Array<ArrayBuffer>[] = [];
    for (const { size, gives, which } of steps) {
      const [given] = gives && held.length > 0 ? held.splice(which % held.length, 1) : [];
      if (given !== undefined) {
        giveBuffer(given);
        continue;
      }
      const taken = takeBuffer(size);
      assert.equal(taken.length, size);
      const shared = held.find((other) =>
        other.buffer === taken.buffer && other.byteOffset < taken.byteOffset + taken.length &&
        taken.byteOffset < other.byteOffset + other.length
      );
      assert.equal(shared, undefined);
      held.push(taken);
      assert.equal(takenBuffers(size), held.filter(({ length }) => length === size).length);
    }
    held.forEach(giveBuffer);
  }));
});

Deno.test("releaseBuffers() frees what a burst has left over once it was not needed for a while, and nothing else", () => {
  const burst = Array.from({ length: 10_000 }, () => takeBuffer());
  const slabs = [...new Set(burst.map(({ buffer }) => buffer))];
  const left = () => slabs.filter(({ detached }) => !detached).length;
  const first = slabs.length;
  assert.ok(first > 40);
  releaseBuffers();
  burst.forEach(giveBuffer);
  releaseBuffers();
  assert.equal(left(), first, "freed what was needed a moment ago");
  const again = Array.from({ length: 2000 }, () => takeBuffer());
  const needed = new Set(again.map(({ buffer }) => buffer));
  again.forEach(giveBuffer);
  releaseBuffers();
  assert.equal(left(), needed.size);
  const stays = takeBuffer();
  releaseBuffers();
  releaseBuffers();
  assert.deepEqual([left(), stays.buffer.detached], [1, false]);
  giveBuffer(stays);
});

Deno.test("giveBuffer() takes a part of a buffer for the whole", () => {
  const buffer = takeBuffer();
  giveBuffer(buffer.subarray(28));
  const again = takeBuffer();
  assert.deepEqual([again.buffer, again.byteOffset, again.length], [buffer.buffer, buffer.byteOffset, buffer.length]);
  giveBuffer(again);
});

Deno.test("giveBuffer() throws if two streams would get one buffer, and leaves those of others alone", () => {
  const buffer = takeBuffer();
  giveBuffer(buffer);
  assert.throws(() => giveBuffer(buffer), /given back twice/);
  giveBuffer(new Uint8Array(2048));
});
