import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { OUTER } from "../role.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import { findOverdue, noteRetired } from "./retired.ts";

function daemon(pid: number, seconds: number, draining = true): RunningDaemon {
  return {
    pid,
    seconds,
    state: "S",
    cpuSeconds: 0,
    draining,
    role: OUTER,
    uid: 1,
    gid: 1,
    groups: [],
    netns: 1,
    flags: "",
    retire: "USR2",
  };
}

Deno.test("noteRetired() notes each daemon that drains when it is first seen to, and forgets those that have ended", () => {
  const first = noteRetired(new Map(), [daemon(1, 100), daemon(2, 50, false)]);
  assert.deepEqual(first, new Map([[1, 100]]));
  const second = noteRetired(first, [daemon(1, 160), daemon(2, 110), daemon(3, 1)]);
  assert.deepEqual(second, new Map([[1, 100], [2, 110], [3, 1]]));
  assert.deepEqual(noteRetired(second, [daemon(3, 90)]), new Map([[3, 1]]));
});

Deno.test("noteRetired() knows a process that has got the number of one that is gone", () => {
  assert.deepEqual(noteRetired(new Map([[1, 100_000]]), [daemon(1, 5)]), new Map([[1, 5]]));
});

Deno.test("findOverdue() finds those that drain for longer than they may, from when they began to", () => {
  const limits = { ...DEFAULT_LIMITS, hardStopAfterMs: 60_000, drainTimeoutMs: 5_000 };
  const overdue = (age: number, since: number) =>
    findOverdue(new Map([[1, since]]), [daemon(1, age)], limits).length > 0;
  assert.equal(overdue(1_000_000, 1_000_000 - 75), false);
  assert.equal(overdue(1_000_000, 1_000_000 - 76), true);
  assert.deepEqual(findOverdue(new Map(), [daemon(1, 1_000_000, false)], limits), []);
});
