import assert from "node:assert/strict";
import { Deadlines } from "./deadlines.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("Deadlines tell of one that is missed, once, and not of one that is met", async () => {
  const deadlines = new Deadlines();
  const missed: string[] = [];
  deadlines.add(100, () => missed.push("a"));
  {
    using _met = deadlines.add(100, () => missed.push("b"));
  }
  await pause(800);
  assert.deepEqual(missed, ["a"]);
});

Deno.test("Deadline.touch() begins the time again", async () => {
  const deadlines = new Deadlines();
  let missed = 0;
  const deadline = deadlines.add(600, () => missed++);
  for (let i = 0; i < 4; i++) {
    await pause(300);
    deadline.touch();
  }
  assert.equal(missed, 0);
  await pause(1200);
  assert.equal(missed, 1);
});

Deno.test("Deadline.touch() begins the time now, however long there was no deadline before", async () => {
  const deadlines = new Deadlines();
  await pause(700);
  let missed = 0;
  using deadline = deadlines.add(500, () => missed++);
  deadline.touch();
  await pause(400);
  assert.equal(missed, 0);
});
