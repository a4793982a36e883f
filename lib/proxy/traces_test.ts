import assert from "node:assert/strict";
import { Traces } from "./traces.ts";

Deno.test("a guest is traced until its time is over, and no other guest is", () => {
  const traces = new Traces();
  assert.ok(!traces.has(1));
  traces.add(1, Infinity);
  assert.deepEqual([traces.has(1), traces.has(2), traces.isEmpty], [true, false, false]);
  traces.add(1, performance.now());
  assert.deepEqual([...traces.left()], []);
  assert.deepEqual([traces.has(1), traces.has(1)], [false, false]);
  assert.ok(traces.isEmpty);
});

Deno.test("of too many guests the one that was first is not traced any more", () => {
  const traces = new Traces();
  for (let guest = 0; guest < 16; guest++) traces.add(guest, Infinity);
  traces.add(0, Infinity);
  traces.add(16, Infinity);
  assert.deepEqual([0, 1, 2, 16].map((guest) => traces.has(guest)), [true, false, true, true]);
});
