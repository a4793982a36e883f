import assert from "node:assert/strict";
import { Stats } from "./stats.ts";

Deno.test("counts() tells what was taken, brought through and failed", () => {
  const stats = new Stats();
  for (let i = 0; i < 3; i++) stats.opened();
  stats.closed(10, 200);
  stats.closed(1, 2);
  assert.deepEqual(stats.counts([80], 1), {
    listening: [80],
    live: 1,
    total: 3,
    failed: 0,
    refused: 0,
    up: 11,
    down: 202,
  });
});

Deno.test("counts() tells the latest failure", () => {
  const stats = new Stats();
  stats.failedWith("first");
  stats.failedWith("second");
  const { failed, lastError } = stats.counts([], 0);
  assert.equal(failed, 2);
  assert.equal(lastError?.message, "second");
  assert.ok(!Number.isNaN(Date.parse(lastError?.time ?? "")));
});
