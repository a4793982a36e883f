import assert from "node:assert/strict";
import { forEachConcurrently } from "./concurrency.ts";

Deno.test("forEachConcurrently() does everything once, in order, and never more than the limit at a time", async () => {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  await forEachConcurrently(3, [...Array(10).keys()], async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    // Each item takes less time than the one before.
    for (let turn = item; turn < 10; turn++) await Promise.resolve();
    running--;
  });
  assert.deepEqual(begun, [...Array(10).keys()]);
  assert.equal(most, 3);
});

Deno.test("forEachConcurrently() goes on with the next item while another one takes its time", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done: number[] = [];
  await forEachConcurrently(2, [0, 1, 2, 3], async (item) => {
    if (item === 0) await promise;
    if (item === 3) resolve();
    done.push(item);
  });
  assert.deepEqual(done, [1, 2, 3, 0]);
});

Deno.test("forEachConcurrently() has nothing to do without items", async () => {
  await forEachConcurrently(4, [], () => Promise.reject(new Error("called")));
});
