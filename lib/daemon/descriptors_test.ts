import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseBridgeName } from "../names.ts";
import { neededBy, parseDescriptors } from "./descriptors.ts";

Deno.test("neededBy() counts two for each stream that a daemon may carry, and some for itself", () => {
  const limits = { ...DEFAULT_LIMITS, maxConnections: 1000, maxConnectionsPerBridge: 10 };
  assert.equal(neededBy(limits, undefined), 2512);
  assert.equal(neededBy(limits, parseBridgeName("br0")), 532);
});

Deno.test("parseDescriptors() reads both limits, unlimited too", () => {
  assert.deepEqual(parseDescriptors(" 1024 524288\n"), { soft: 1024, hard: 524288 });
  assert.deepEqual(parseDescriptors("unlimited unlimited\n"), { soft: Infinity, hard: Infinity });
  assert.deepEqual(parseDescriptors(""), { soft: 0, hard: 0 });
});
