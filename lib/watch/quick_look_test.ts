import assert from "node:assert/strict";
import { isSilent, lookEvery, pauseAfter, settleFor } from "./quick_look.ts";

Deno.test("pauseAfter() grows with the bridges while all is well, and with nothing else", () => {
  for (const bridges of [0, 1, 30]) assert.equal(pauseAfter(true, bridges), 3_000);
  assert.equal(pauseAfter(true, 31), 4_000);
  assert.equal(pauseAfter(true, 57), 30_000);
  assert.equal(pauseAfter(true, 250), 120_000);
  assert.equal(pauseAfter(false, 250), 3_000);
});

Deno.test("with many bridges a lost proxy is looked for less often, and more events share a pass", () => {
  for (const bridges of [0, 30]) assert.deepEqual([lookEvery(bridges), settleFor(bridges)], [500, 50]);
  assert.deepEqual([lookEvery(130), settleFor(130)], [1_000, 250]);
  assert.deepEqual([lookEvery(1_000), settleFor(1_000)], [1_500, 1_000]);
});

Deno.test("isSilent() finds a daemon that has written no counts since it was looked at before", () => {
  const before = new Map([[7, 1000], [8, undefined], [9, 1000]]);
  assert.equal(isSilent(before, new Map([[7, 2000], [9, 1001]])), false);
  assert.equal(isSilent(before, new Map([[7, 2000], [9, 1000]])), true);
  assert.equal(isSilent(before, new Map([[8, undefined]])), true);
});

Deno.test("isSilent() waits for the second look at a daemon", () => {
  assert.equal(isSilent(new Map(), new Map([[7, 1000], [8, undefined]])), false);
});
