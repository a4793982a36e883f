import assert from "node:assert/strict";
import fc from "fast-check";
import { LONGEST_USAGE, parseUsage, renderUsage } from "./usage.ts";

Deno.test("parseUsage() reads what renderUsage() writes", () => {
  const usage = { pid: 7, live: 5, taken: new Map([["", 5], ["br0", 5], ["192.168.150.10 5030", 3]]) };
  assert.deepEqual(parseUsage(renderUsage(usage)), usage);
  const draining = { ...usage, moved: [{ port: 5030, up: 1, down: 2 ** 40 }] };
  assert.deepEqual(parseUsage(renderUsage(draining)), draining);
});

Deno.test("renderUsage() tells the largest, and no more than may be read", () => {
  const guests = Array.from({ length: 100_000 }, (_, i) => [`255.255.255.255 ${i}`, i] as const);
  const moved = Array.from({ length: 60_000 }, (_, i) => ({ port: 1 + i, up: 2 ** 53 - 1, down: 2 ** 53 - 1 }));
  const all = new Map([...guests, ["bridge", 1_000_000] as const]);
  const text = renderUsage({ pid: 4_194_304, live: 1_000_000, taken: all, moved });
  assert.ok(text.length < LONGEST_USAGE, `${text.length}`);
  const { taken } = parseUsage(text) ?? {};
  assert.equal(taken?.get("bridge"), 1_000_000);
  assert.equal(taken.get("255.255.255.255 99999"), 99_999);
  assert.equal(taken.get("255.255.255.255 0"), undefined);
});

Deno.test("parseUsage() takes nothing else", () => {
  const good = { pid: 1, live: 1, taken: [["a", 1]] };
  const bad = [
    { ...good, pid: -1 },
    { ...good, live: "1" },
    { ...good, live: 1.5 },
    { ...good, live: 2 ** 60 },
    { ...good, taken: { a: 1 } },
    { ...good, taken: [["a"]] },
    { ...good, moved: {} },
    { ...good, moved: [null] },
    { ...good, moved: [{ port: 80, up: 1, down: 1 }, { port: 80, up: 2, down: 2 }] },
    { ...good, moved: [{ port: 0, up: 1, down: 1 }] },
    { ...good, moved: [{ port: 80, up: -1, down: 1 }] },
    { ...good, moved: Array.from({ length: 257 }, (_, i) => ({ port: 1 + i, up: 1, down: 1 })) },
    { ...good, taken: [["a", -1]] },
    { ...good, taken: [["a", 1, 1]] },
    { ...good, taken: [[1, 1]] },
    { ...good, taken: [["a".repeat(33), 1]] },
    { ...good, taken: Array.from({ length: 1025 }, (_, i) => [`${i}`, 1]) },
  ].map((value) => JSON.stringify(value));
  for (
    const text of ["", "null", "[]", "7", "{", "[".repeat(60_000), "[".repeat(30_000) + "]".repeat(30_000), ...bad]
  ) {
    assert.equal(parseUsage(text), undefined, text.slice(0, 100));
  }
  assert.notEqual(parseUsage(JSON.stringify(good)), undefined);
});

Deno.test("parseUsage() never throws", () => {
  const taken = fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()));
  const text = fc.oneof(fc.string(), fc.json(), taken.map((taken) => JSON.stringify({ pid: 1, live: 1, taken })));
  fc.assert(fc.property(text, (text) => void parseUsage(text)));
});
