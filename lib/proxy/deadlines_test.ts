import assert from "node:assert/strict";
import { FakeTime } from "../../tests/fixtures/fake_time.ts";
import { Deadline, Deadlines } from "./deadlines.ts";

class Counted extends Deadline {
  misses = 0;

  override missed(): void {
    this.misses++;
  }
}

Deno.test("Deadlines tell of one that is missed, once, and not of one that is met", () => {
  using time = new FakeTime();
  const deadlines = new Deadlines();
  const missed: string[] = [];
  deadlines.within(100, () => missed.push("a"));
  {
    using _met = deadlines.within(100, () => missed.push("b"));
  }
  time.pass(800);
  assert.deepEqual(missed, ["a"]);
});

Deno.test("Deadline.touch() begins the time again", () => {
  using time = new FakeTime();
  const deadlines = new Deadlines();
  const deadline = new Counted(600);
  deadlines.add(deadline);
  for (let i = 0; i < 4; i++) {
    time.pass(300);
    deadline.touch();
  }
  assert.equal(deadline.misses, 0);
  time.pass(1200);
  assert.equal(deadline.misses, 1);
});

Deno.test("Deadline.touch() begins the time now, however long there was no deadline before", () => {
  using time = new FakeTime();
  const deadlines = new Deadlines();
  time.pass(700);
  const deadline = new Counted(500);
  deadlines.add(deadline);
  deadline.touch();
  time.pass(400);
  assert.equal(deadline.misses, 0);
  deadlines.remove(deadline);
});
