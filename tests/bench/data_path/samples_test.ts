import assert from "node:assert/strict";
import { Samples } from "./samples.ts";

Deno.test("Samples gives the median of each contender, and the ratio of two", () => {
  const samples = new Samples();
  for (const value of [3, 1, 100]) samples.add("up.rate", "ours", value);
  for (const value of [1, 2]) samples.add("up.rate", "socat", value);
  assert.equal(samples.median("up.rate", "ours"), 3);
  assert.equal(samples.ratio("up.rate", "ours", "socat"), 2);
  assert.deepEqual(JSON.parse(JSON.stringify(samples)), { "up.rate": { ours: [3, 1, 100], socat: [1, 2] } });
});

Deno.test("Samples gives nothing where nothing was measured, or there is nothing to divide by", () => {
  const samples = new Samples();
  samples.add("up.rate", "ours", 3);
  samples.add("up.rate", "socat", 0);
  assert.equal(samples.median("down.rate", "ours"), undefined);
  assert.equal(samples.ratio("up.rate", "ours", "haproxy"), undefined);
  assert.equal(samples.ratio("up.rate", "ours", "socat"), undefined);
});
