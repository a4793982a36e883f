import assert from "node:assert/strict";
import { totalsOf } from "./lab/run_files.ts";

Deno.test("totalsOf() reads the runner's own summary, the last one of the output", () => {
  const output = "ok | 99 passed | 0 failed (1s)\nother lines\n\nok | 11 passed | 0 failed | 2 ignored (58s)\n\n";
  assert.deepEqual(totalsOf(output, 0), { passed: 11, failed: 0, skipped: 2 });
  const failed = "FAILED | 3 passed (2 steps) | 4 failed (1 step) | 5 ignored | 6 filtered out (2s)\n";
  assert.deepEqual(totalsOf(failed, 1), { passed: 3, failed: 4, skipped: 5 });
});

Deno.test("totalsOf() takes a run that failed without a failed test for one", () => {
  assert.deepEqual(totalsOf("error: Module not found\n", 1), { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(totalsOf("ok | 2 passed | 0 failed (1s)\n", 137), { passed: 2, failed: 1, skipped: 0 });
});
