import assert from "node:assert/strict";
import { GarbageCollector } from "./collect_garbage.ts";

/** How often it collects while it sees these numbers of streams, one after the other, but for the first time. */
function collections(...streams: number[]): number {
  let count = 0;
  const garbage = new GarbageCollector(() => count++);
  for (const size of streams) garbage.look(size);
  return count - 1;
}

Deno.test("GarbageCollector.look() collects at first, since a start leaves much behind", () => {
  let count = 0;
  const garbage = new GarbageCollector(() => count++);
  garbage.look(0);
  assert.equal(count, 1);
  garbage.look(0);
  assert.equal(count, 1);
});

Deno.test("GarbageCollector.look() collects three times when half of a burst is gone, and then no more", () => {
  assert.equal(collections(0, 1000, 5000, 2501), 0);
  assert.equal(collections(0, 1000, 5000, 2500), 1);
  assert.equal(collections(0, 5000, ...Array(100).fill(0)), 3);
});

Deno.test("GarbageCollector.look() collects again after each burst, and never for a few streams", () => {
  assert.equal(collections(0, 2000, ...Array(20).fill(0), 2000, ...Array(20).fill(0)), 6);
  assert.equal(collections(0, 999, ...Array(20).fill(0)), 0);
});
