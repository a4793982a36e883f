import assert from "node:assert/strict";
import { Settled } from "./settled.ts";

Deno.test("Settled.look() takes a file for whole when it has been the same for two seconds, and says so once", () => {
  const file = new Settled();
  assert.equal(file.look("a", 0), "changing");
  assert.equal(file.look("ab", 1_900), "changing");
  assert.equal(file.look("ab", 2_100), "changing");
  assert.equal(file.look("ab", 3_900), "new");
  assert.equal(file.look("ab", 4_000), "known");
});

Deno.test("Settled.look() begins anew with every change, and knows what it had before if that comes back", () => {
  const file = new Settled();
  file.look("a", 0);
  assert.equal(file.look("a", 2_000), "new");
  assert.equal(file.look("b", 2_100), "changing");
  assert.equal(file.look("a", 2_200), "known");
  assert.equal(file.look("b", 9_000), "changing");
  assert.equal(file.look("b", 11_000), "new");
  assert.equal(file.look("a", 12_000), "changing");
  assert.equal(file.look("a", 14_000), "new");
});
