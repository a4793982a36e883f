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

Deno.test("RateLimitedLog tells of subjects without number in a few lines, and loses none", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  using _timers = { [Symbol.dispose]: () => mock.timers.reset() };
  const told: Readonly<Record<string, unknown>>[] = [];
  const flood = new RateLimitedLog((fields) => told.push(fields));
  const note = () => {
    for (let n = 1; n <= 10_000; n++) flood.note(`${n}`, { n });
  };
  note();
  assert.equal(told.length, 65);
  mock.timers.tick(1000);
  assert.deepEqual(told.slice(65), [{ n: 10_000, times: 10_000 - 65 }]);
  note();
  assert.ok(told.length <= 2 * 66, `${told.length}`);
  mock.timers.tick(5000);
  assert.equal(told.reduce((sum, { times }) => sum + Number(times), 0), 20_000);
});
