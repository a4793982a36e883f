import assert from "node:assert/strict";
import { parseStats } from "./processor_time.ts";

Deno.test("parseStats() adds up user, system and ended children's time, whatever a process is called", () => {
  const rest = "20 0 3 0 123 456 789";
  const line = (name: string, ...ticks: number[]) =>
    `7 (${name}) S 1 7 7 0 -1 4194560 9 8 7 6 ${ticks.join(" ")} ${rest}\n`;
  assert.equal(parseStats(line("one_tproxy", 100, 20, 3, 4) + line("a b) (c", 1, 1, 0, 0)), 1290);
});
