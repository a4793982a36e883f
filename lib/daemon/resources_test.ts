import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { neededBy, startOptions } from "./resources.ts";

const MIB = 1024 * 1024;
const FOOTPRINT = { data: 500 * MIB, as: 17_000 * MIB };
const LIMITS = { ...DEFAULT_LIMITS, maxConnections: 800, maxConnectionsPerBridge: 80 };
const NEEDED = neededBy(LIMITS, innerOf(parseBridgeName("br0")), FOOTPRINT);

Deno.test("neededBy() counts two descriptors and some memory for each stream that a daemon may carry, and some for itself", () => {
  assert.deepEqual(neededBy(LIMITS, OUTER, FOOTPRINT), { nofile: 2112, data: 1112 * MIB, as: 17_612 * MIB });
  assert.deepEqual(NEEDED, { nofile: 672, data: 1022 * MIB, as: 17_522 * MIB });
});

Deno.test("startOptions() bound memory, the length of a file, and the tasks of a user that has no others", () => {
  const others = [
    `--data=${NEEDED.data}:${NEEDED.data}`,
    "--fsize=1073741824:1073741824",
  ];
  assert.deepEqual(startOptions(NEEDED, false, new Map()), others);
  assert.deepEqual(startOptions(NEEDED, true, new Map([["data", Infinity]])), [...others, "--nproc=512:512"]);
});

Deno.test("startOptions() ask for no more than can be passed on", () => {
  const hard = new Map([["data", 1], ["fsize", 2], ["nproc", 3]]);
  assert.deepEqual(startOptions(NEEDED, true, hard), ["--data=1:1", "--fsize=2:2", "--nproc=3:3"]);
});
