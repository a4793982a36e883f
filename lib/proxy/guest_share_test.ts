import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { guestShare } from "./guest_share.ts";

function limits(maxConnectionsPerBridge: number, maxConnectionsPerGuest: number): Limits {
  return { ...DEFAULT_LIMITS, maxConnectionsPerBridge, maxConnectionsPerGuest };
}

/** Has one guest after the other take all that it gets, and returns how many streams the bridge has then. */
function fill(limits: Limits, guests: number): number {
  let taken = 0;
  for (let guest = 0; guest < guests; guest++) {
    for (let has = 0; has < guestShare(limits, taken) && taken < limits.maxConnectionsPerBridge; has++) taken++;
  }
  return taken;
}

Deno.test("guestShare() is a guest's own limit until three quarters of the bridge are taken, and a few then", () => {
  assert.deepEqual([0, 3071, 3072, 4096].map((taken) => guestShare(limits(4096, 1024), taken)), [1024, 1024, 4, 4]);
  assert.equal(guestShare(limits(4096, 2), 4000), 2);
});

Deno.test("guestShare() leaves something of every bridge, however 256 addresses fill it", () => {
  const bridge = fc.integer({ min: 1024, max: 1_000_000 });
  fc.assert(
    fc.property(bridge, fc.double({ min: 0, max: 0.999, noNaN: true }), (ofBridge, part) => {
      const ofGuest = Math.max(1, Math.floor(ofBridge * part));
      if (ofGuest > ofBridge * 3 / 4) return;
      assert.ok(fill(limits(ofBridge, ofGuest), 256) < ofBridge, `${ofGuest} of ${ofBridge}`);
    }),
    { numRuns: 30 },
  );
  assert.equal(fill(limits(4096, 1024), 256), 3072 + 253 * 4);
});

Deno.test("guestShare() keeps nothing of few streams, nor where one guest may have them all", () => {
  assert.equal(fill(limits(1023, 300), 4), 1023);
  assert.equal(fill(limits(4096, 4096), 1), 4096);
});
