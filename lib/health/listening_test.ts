import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { missingListeners } from "./listening.ts";

const [BR0, BR1, BR2] = ["br0", "br1", "br2"].map(parseBridgeName) as [never, never, never];
const ENDPOINTS = new Map([BR0, BR1].map((bridge, i) => [
  bridge,
  [80, 81 + i].map((servicePort) => ({ servicePort, remoteAddr: "10.0.0.1", remotePort: 80 })),
]));
const SERVED = new Set([BR0]);

Deno.test("an inner should listen on its own bridge's ports", () => {
  assert.deepEqual(missingListeners(innerOf(BR0), [80, 81], ENDPOINTS, SERVED), []);
  assert.deepEqual(missingListeners(innerOf(BR0), [81, 82], ENDPOINTS, SERVED), [80]);
  assert.deepEqual(missingListeners(innerOf(BR1), [], ENDPOINTS, SERVED), [80, 82]);
  assert.deepEqual(missingListeners(innerOf(BR2), [], ENDPOINTS, SERVED), []);
});

Deno.test("outer should listen for the bridges whose inner runs; what it listens on besides may be on its way out", () => {
  assert.deepEqual(missingListeners(OUTER, ["br0"], ENDPOINTS, SERVED), []);
  assert.deepEqual(missingListeners(OUTER, ["br2"], ENDPOINTS, SERVED), ["br0"]);
  assert.deepEqual(missingListeners(OUTER, [], ENDPOINTS, new Set()), []);
});
