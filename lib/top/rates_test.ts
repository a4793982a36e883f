import assert from "node:assert/strict";
import { Rates } from "./rates.ts";

const reading = (at: number, ...values: number[]) => new Map([["br0", { at, values }]]);

Deno.test("a rate is what was added in a second, and is not known from one reading", () => {
  const rates = new Rates();
  assert.deepEqual(rates.next(reading(1_000, 10, 20), 1_000), new Map());
  assert.deepEqual(rates.next(reading(3_000, 12, 20), 3_000), new Map([["br0", [1, 0]]]));
});

Deno.test("a reading that is read again tells nothing new, until it is too old", () => {
  const rates = new Rates();
  rates.next(reading(1_000, 0), 1_000);
  for (const now of [2_000, 2_900, 4_900]) {
    assert.deepEqual(rates.next(reading(2_000, 5), now), new Map([["br0", [5]]]), `${now}`);
  }
  assert.deepEqual(rates.next(reading(2_000, 5), 5_000), new Map());
});

Deno.test("counts that begin at 0 again have no rate, and then one of their own", () => {
  const rates = new Rates();
  rates.next(reading(1_000, 100, 1), 1_000);
  assert.deepEqual(rates.next(reading(2_000, 3, 2), 2_000), new Map());
  assert.deepEqual(rates.next(reading(3_000, 5, 2), 3_000), new Map([["br0", [2, 0]]]));
});

Deno.test("what is gone is forgotten", () => {
  const rates = new Rates();
  rates.next(reading(1_000, 1), 1_000);
  rates.next(new Map(), 2_000);
  assert.deepEqual(rates.next(reading(3_000, 9), 3_000), new Map());
});
