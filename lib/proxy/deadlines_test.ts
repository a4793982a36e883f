import assert from "node:assert/strict";
import { mock } from "node:test";
import { Deadline, Deadlines } from "./deadlines.ts";

/** Has time pass only when it is told to, until it is disposed of. */
class FakeTime implements Disposable {
  #now = 0;
  readonly #clock = mock.method(performance, "now", () => this.#now);

  constructor() {
    mock.timers.enable({ apis: ["setInterval"] });
  }

  /** Lets some milliseconds pass. */
  pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end;) {
      this.#now += 10;
      mock.timers.tick(10);
    }
  }

  [Symbol.dispose](): void {
    mock.timers.reset();
    this.#clock.mock.restore();
  }
}

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
