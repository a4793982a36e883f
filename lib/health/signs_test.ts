import assert from "node:assert/strict";
import { parseStates } from "./signs.ts";

Deno.test("parseStates() reads what ps prints", () => {
  const text = "  16803 S 00:00:07\n     42 T 01:02:03\n 131072 R 12-23:59:59\n      9 t 00:00:00\n";
  assert.deepEqual([...parseStates(text)], [
    [16803, { state: "S", cpuSeconds: 7 }],
    [42, { state: "T", cpuSeconds: 3723 }],
    [131072, { state: "R", cpuSeconds: 13 * 86400 - 1 }],
    [9, { state: "t", cpuSeconds: 0 }],
  ]);
  assert.equal(parseStates("").size, 0);
});
