import assert from "node:assert/strict";
import fc from "fast-check";
import { type PlainValue, resolvePlain } from "./scalar.ts";

// Ruby 3.1 (Psych 4.0.4) reads all groups but the last one like this.
const CASES: readonly [PlainValue, string[]][] = [
  [null, ["", "~", "null", "Null", "NULL", "nUll"]],
  [true, ["true", "True", "TRUE", "tRue", "yes", "Yes", "on", "ON"]],
  [false, ["false", "FALSE", "no", "No", "off", "OFF"]],
  [5030, ["5030", "+5030", "5_030", "5,030", "0x13a6", "0x13_A6", "011646", "0b1001110100110"]],
  [0, ["0", "-0", "+0", "00", "0x0", "0b0"]],
  [-8, ["-8", "-010", "-0x8", "-0b1000"]],
];

Deno.test("resolvePlain() takes for nothing, a boolean or an integer what Ruby does", () => {
  for (const [value, texts] of CASES) {
    for (const text of texts) assert.equal(resolvePlain(text), value, JSON.stringify(text));
  }
});

Deno.test("resolvePlain() leaves what Ruby takes for a text", () => {
  const texts =
    "y Y n N none 08 0080 0_8 0o10 80_ _80 1__0 5e3 1.0e3 0x 0xg 0b 0b2 + - = << a :a 10.11.12.13 a,b 1, ,1";
  for (const text of texts.split(" ")) assert.equal(resolvePlain(text), text);
});

Deno.test("resolvePlain() leaves times, dates and fractions, which no key of ours can have", () => {
  for (const text of ["1:30", "12:34:56", "5030.0", "5030.", ".5", ".inf", ".nan", "2001-01-01"]) {
    assert.equal(resolvePlain(text), text);
  }
});

Deno.test("resolvePlain() reads every integer back", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (number) => assert.equal(resolvePlain(`${number}`), number + 0)));
});

Deno.test("resolvePlain() is quick with a megabyte of digits and separators", () => {
  for (const unit of ["1", "1_", "1,", "1:", "_", "0x"]) {
    const value = resolvePlain(unit.repeat(500_000));
    assert.ok(typeof value === "string" || typeof value === "number", unit);
  }
});
