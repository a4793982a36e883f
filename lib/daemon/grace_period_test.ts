import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import { GracePeriod } from "./grace_period.ts";

const BR0 = parseBridgeName("br0");
const BR1 = parseBridgeName("br1");
const ENDPOINTS = [{ servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 }];
const FOUND = { endpoints: ENDPOINTS, netns: 7 };
const BOTH = new Map([[BR0, FOUND], [BR1, FOUND]]);
const ONLY_BR1 = new Map([[BR1, FOUND]]);
const SERVED = new Map([[BR0, ENDPOINTS], [BR1, ENDPOINTS]]);

function inner(overrides: Partial<RunningDaemon> = {}): RunningDaemon {
  const identity = { pid: 1, uid: 1, gid: 1, groups: [], netns: 7, flags: "", retire: "USR2", seconds: 1 } as const;
  return { role: innerOf(BR0), draining: false, state: "S", cpuSeconds: 0, ...identity, ...overrides };
}

Deno.test("keep() keeps a bridge that has gone for a second, and then no more", () => {
  const gracePeriod = new GracePeriod();
  assert.deepEqual([...gracePeriod.keep(BOTH, SERVED, [inner()], 0)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 5000)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 5999)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 6000)], [...ONLY_BR1]);
});

Deno.test("keep() keeps what it has never seen itself, and begins anew when it has come back", () => {
  const gracePeriod = new GracePeriod();
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 0)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(BOTH, SERVED, [inner()], 900)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 1800)], [...BOTH]);
  assert.deepEqual([...gracePeriod.keep(ONLY_BR1, SERVED, [inner()], 2700)], [...BOTH]);
});

Deno.test("keep() keeps nothing that somebody has ended, or that was never served", () => {
  for (const running of [[], [inner({ draining: true })], [inner({ role: OUTER })]]) {
    assert.deepEqual([...new GracePeriod().keep(ONLY_BR1, SERVED, running, 0)], [...ONLY_BR1]);
  }
  assert.deepEqual([...new GracePeriod().keep(ONLY_BR1, new Map(), [inner()], 0)], [...ONLY_BR1]);
});
