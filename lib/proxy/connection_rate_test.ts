import assert from "node:assert/strict";
import fc from "fast-check";
import { BURST_SECONDS, ConnectionRates } from "./connection_rate.ts";

/** How many of some connections a guest may open at one time. */
function taken(rates: ConnectionRates, count: number, rate: number, now: number, guest = "192.168.150.10"): number {
  return Array.from({ length: count }, () => rates.take(guest, rate, now)).filter(Boolean).length;
}

Deno.test("a guest may open a burst at once, then as many a second as the rate says, and a burst again after a pause", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1e9 }), (rate, start) => {
    const rates = new ConnectionRates();
    const burst = rate * BURST_SECONDS;
    assert.equal(taken(rates, burst + 5, rate, start), burst);
    assert.equal(taken(rates, 5 * rate, rate, start + 1_000), rate);
    assert.equal(taken(rates, burst + 5, rate, start + 30_000), burst);
  }));
});

Deno.test("whatever a guest does, it opens no more than a burst and the rate for the time", () => {
  const tries = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 500 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), tries, (rate, pauses) => {
    const rates = new ConnectionRates();
    let now = 1_000;
    const opened = pauses.filter((pause) => rates.take("a", rate, now += pause)).length;
    assert.ok(opened <= rate * BURST_SECONDS + rate * (now - 1_000) / 1000 + 1, `${opened}`);
  }));
});

Deno.test("each guest has a rate of its own, and without one there is no limit", () => {
  const rates = new ConnectionRates();
  assert.equal(taken(rates, 20, 1, 1_000, "a"), BURST_SECONDS);
  assert.equal(taken(rates, 20, 1, 1_000, "b"), BURST_SECONDS);
  assert.equal(taken(rates, 10_000, 0, 1_000, "a"), 10_000);
});

Deno.test("a guest that has been quiet is forgotten, and one that has not keeps its limit", () => {
  const rates = new ConnectionRates();
  for (let i = 0; i < 1000; i++) rates.take(`guest ${i}`, 1, 1_000);
  assert.equal(taken(rates, 100, 1, 15_000, "busy"), BURST_SECONDS);
  assert.equal(rates.size, 1);
  assert.equal(taken(rates, 100, 1, 26_000, "busy"), BURST_SECONDS);
  assert.equal(rates.size, 1);
});
