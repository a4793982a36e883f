import assert from "node:assert/strict";
import { Deadline, Deadlines } from "./deadlines.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

class Counted extends Deadline {
  misses = 0;

  override missed(): void {
    this.misses++;
  }
}

Deno.test("Deadlines tell of one that is missed, once, and not of one that is met", async () => {
  const deadlines = new Deadlines();
  const missed: string[] = [];
  deadlines.within(100, () => missed.push("a"));
  {
    using _met = deadlines.within(100, () => missed.push("b"));
  }
  await pause(800);
  assert.deepEqual(missed, ["a"]);
});

Deno.test("Deadline.touch() begins the time again", async () => {
  const deadlines = new Deadlines();
  const deadline = new Counted(600);
  deadlines.add(deadline);
  for (let i = 0; i < 4; i++) {
    await pause(300);
    deadline.touch();
  }
  assert.equal(deadline.misses, 0);
  await pause(1200);
  assert.equal(deadline.misses, 1);
});

Deno.test("Deadline.touch() begins the time now, however long there was no deadline before", async () => {
  const deadlines = new Deadlines();
  await pause(700);
  const deadline = new Counted(500);
  deadlines.add(deadline);
  deadline.touch();
  await pause(400);
  assert.equal(deadline.misses, 0);
  deadlines.remove(deadline);
});
