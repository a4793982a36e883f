import assert from "node:assert/strict";
import { deadline, delay } from "./delay.ts";

Deno.test("deadline() calls after its time, and not before", async () => {
  const began = performance.now();
  await new Promise<void>((resolve) => void deadline(50, resolve));
  // The runtime counts whole milliseconds.
  assert.ok(performance.now() - began >= 49);
});

Deno.test("deadline() does not call what has been taken back", async () => {
  let calls = 0;
  {
    using _late = deadline(20, () => calls++);
  }
  await delay(60);
  assert.equal(calls, 0);
});
