import assert from "node:assert/strict";
import { Stats } from "./stats.ts";

Deno.test("counts() tells what was taken, and what has gone through so far, as guests see it", () => {
  for (const [peers, up, down] of [["guests", 10, 200], ["services", 200, 10]] as const) {
    const stats = new Stats(peers);
    for (let i = 0; i < 3; i++) stats.opened();
    stats.moved(10, 0);
    stats.moved(0, 200);
    assert.deepEqual(stats.counts([80], 1), { listening: [80], live: 1, total: 3, failed: 0, refused: 0, up, down });
  }
});

Deno.test("counts() tells the latest failure", () => {
  const stats = new Stats("guests");
  stats.failedWith("first");
  stats.failedWith("second");
  const { failed, lastError } = stats.counts([], 0);
  assert.equal(failed, 2);
  assert.equal(lastError?.message, "second");
  assert.ok(!Number.isNaN(Date.parse(lastError?.time ?? "")));
});
