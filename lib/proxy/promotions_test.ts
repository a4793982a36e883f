import assert from "node:assert/strict";
import { MOST_PROMOTED, Promotions } from "./promotions.ts";

/** How many a guest gets that takes all it can. */
function takeAll(promotions: Promotions, guest: string): number {
  let count = 0;
  while (promotions.take(guest)) count++;
  return count;
}

Deno.test("Promotions give one guest half of what there is, and those after it half of the rest", () => {
  const promotions = new Promotions();
  assert.deepEqual(["a", "b", "c", "d", "e"].map((guest) => takeAll(promotions, guest)), [4, 2, 1, 1, 0]);
  promotions.giveBack("c");
  promotions.giveBack("a");
  assert.deepEqual(["e", "a", "f"].map((guest) => takeAll(promotions, guest)), [1, 0, 1]);
});

Deno.test("Promotions are all back when all were given back", () => {
  const promotions = new Promotions();
  for (let i = 0; i < MOST_PROMOTED; i++) assert.ok(promotions.take(`guest ${i}`));
  for (let i = 0; i < MOST_PROMOTED; i++) promotions.giveBack(`guest ${i}`);
  assert.equal(takeAll(promotions, "a"), MOST_PROMOTED / 2);
});
