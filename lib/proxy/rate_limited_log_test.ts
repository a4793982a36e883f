import assert from "node:assert/strict";
import { mock } from "node:test";
import { RateLimitedLog } from "./rate_limited_log.ts";

Deno.test("RateLimitedLog tells of a subject's first at once and of the rest together, with the latest", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  using _timers = { [Symbol.dispose]: () => mock.timers.reset() };
  const told: unknown[] = [];
  const nowAndThen = new RateLimitedLog((fields) => told.push(fields));
  for (let n = 1; n <= 1000; n++) nowAndThen.note("a", { n });
  nowAndThen.note("b", { other: true });
  assert.deepEqual(told, [{ n: 1, times: 1 }, { other: true, times: 1 }]);
  // It looks once more after what it told last.
  mock.timers.tick(2200);
  assert.deepEqual(told.slice(2), [{ n: 1000, times: 999 }]);
});
