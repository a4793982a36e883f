import assert from "node:assert/strict";
import { parseLimits } from "./prlimit.ts";

Deno.test("parseLimits() reads both limits of each resource, unlimited too, and nothing else", () => {
  const text = "NOFILE 1024 524288\nDATA unlimited unlimited\nCPU x 1\n\nNICE 0 0\n";
  assert.deepEqual(
    parseLimits(text),
    new Map([
      ["nofile", { soft: 1024, hard: 524288 }],
      ["data", { soft: Infinity, hard: Infinity }],
      ["nice", { soft: 0, hard: 0 }],
    ]),
  );
});
