import assert from "node:assert/strict";
import { Backoff } from "./backoff.ts";

/**
 * Starts a daemon again and again as soon as it is allowed. Each lives for a while. Returns the pause before each
 * start.
 */
function pauses(lives: readonly number[]): number[] {
  const backoff = new Backoff();
  let now = 0;
  return lives.map((life) => {
    const pause = backoff.waitFor("one_tproxy", now);
    now += pause;
    assert.equal(backoff.waitFor("one_tproxy", now), 0);
    backoff.started("one_tproxy", now);
    now += life;
    return pause;
  });
}

Deno.test("a daemon that ends after a while is started again at once", () => {
  assert.deepEqual(pauses([20_000, 20_000, 20_000, 20_000]), [0, 0, 0, 0]);
});

Deno.test("a daemon that keeps crashing waits longer each time, up to a minute", () => {
  assert.deepEqual(pauses([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [0, 0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
});

Deno.test("a daemon that has stopped crashing is forgiven", () => {
  assert.deepEqual(pauses([0, 0, 0, 100_000, 0, 0]), [0, 0, 1000, 2000, 0, 0]);
});

Deno.test("one daemon's crashes are not another's", () => {
  const backoff = new Backoff();
  for (let i = 0; i < 3; i++) backoff.started("one_tproxy_br0", 0);
  assert.equal(backoff.waitFor("one_tproxy_br0", 0), 2000);
  assert.equal(backoff.waitFor("one_tproxy_br1", 0), 0);
});
