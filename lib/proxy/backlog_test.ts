import assert from "node:assert/strict";
import fc from "fast-check";
import { Backlog } from "./backlog.ts";
import { giveBuffer, LARGE, MEDIUM, SMALL, takenBuffers } from "./buffers.ts";

function taken(): number {
  return [SMALL, MEDIUM, LARGE].reduce((sum, size) => sum + size * takenBuffers(size), 0);
}

Deno.test("a Backlog gives bytes back in the order in which they came, and its buffers too", () => {
  const operation = fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 70_000 }));
  fc.assert(fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
    const before = taken();
    const backlog = new Backlog();
    let [pushed, shifted] = [0, 0];
    const shift = () => {
      const chunk = backlog.shift();
      if (chunk === undefined) return false;
      assert.ok(chunk.every((byte, i) => byte === (shifted + i) % 251));
      shifted += chunk.length;
      giveBuffer(chunk);
      return true;
    };
    for (const length of operations) {
      if (length === undefined) {
        shift();
        continue;
      }
      backlog.push(Uint8Array.from({ length }, (_, i) => (pushed + i) % 251));
      pushed += length;
    }
    while (shift());
    assert.equal(shifted, pushed);
    assert.ok(backlog.isEmpty);
    assert.equal(taken(), before);
  }));
});

Deno.test("a Backlog of single bytes takes little more than these bytes", () => {
  const before = taken();
  const backlog = new Backlog();
  for (let i = 0; i < 64 * 1024; i++) backlog.push(Uint8Array.of(1));
  assert.ok(taken() - before <= 64 * 1024 + MEDIUM + SMALL, `${taken() - before} bytes`);
  backlog.clear();
  assert.equal(taken(), before);
});
