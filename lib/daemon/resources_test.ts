import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseBridgeName } from "../names.ts";
import { neededBy, startOptions } from "./resources.ts";

const MIB = 1024 * 1024;
const FOOTPRINT = { data: 500 * MIB, as: 17_000 * MIB };
const LIMITS = { ...DEFAULT_LIMITS, maxConnections: 800, maxConnectionsPerBridge: 80 };
const [OUTER, INNER] = [undefined, parseBridgeName("br0")].map((bridge) => neededBy(LIMITS, bridge, FOOTPRINT));

Deno.test("neededBy() counts two descriptors and some memory for each stream that a daemon may carry, and some for itself", () => {
  assert.deepEqual(OUTER, { nofile: 2112, data: 1112 * MIB, as: 17_612 * MIB });
  assert.deepEqual(INNER, { nofile: 672, data: 1022 * MIB, as: 17_522 * MIB });
});

Deno.test("startOptions() bound memory, the length of a file, and the tasks of a user that has no others", () => {
  assert.ok(INNER !== undefined);
  const others = [
    `--data=${INNER.data}:${INNER.data}`,
    "--fsize=1073741824:1073741824",
  ];
  assert.deepEqual(startOptions(INNER, false, new Map()), others);
  assert.deepEqual(startOptions(INNER, true, new Map([["data", Infinity]])), [...others, "--nproc=512:512"]);
});

Deno.test("startOptions() ask for no more than can be passed on", () => {
  assert.ok(INNER !== undefined);
  const hard = new Map([["data", 1], ["fsize", 2], ["nproc", 3]]);
  assert.deepEqual(startOptions(INNER, true, hard), ["--data=1:1", "--fsize=2:2", "--nproc=3:3"]);
});
