import assert from "node:assert/strict";
import { parseRollups } from "./memory.ts";

const ROLLUP = `5555d000-7fff0000 ---p 00000000 00:00 0                                  [rollup]
Rss:               51200 kB
Pss:               26624 kB
Pss_Dirty:         17988 kB
Private_Dirty:     17988 kB
`;

Deno.test("parseRollups() reads MiB", () => {
  assert.deepEqual(parseRollups(ROLLUP), { rss: 50, pss: 26 });
});

Deno.test("parseRollups() sums several up", () => {
  assert.deepEqual(parseRollups(ROLLUP + ROLLUP), { rss: 100, pss: 52 });
});
