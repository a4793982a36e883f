import assert from "node:assert/strict";
import fc from "fast-check";
import { Stats } from "../proxy/stats.ts";
import { parseCounts } from "./counts.ts";

const GOOD = { listening: [81, 5030], live: 1, total: 3, failed: 1, refused: 0, up: 10, down: Number.MAX_SAFE_INTEGER };
const TIME = "2026-01-02T03:04:05.678Z";

Deno.test("parseCounts() takes what a daemon writes, as it is", () => {
  const stats = new Stats("services", () => ["10.0.0.1:80", "10.0.0.2:65535"]);
  stats.opened(stats.of(5030, "br0"));
  stats.of(5030, "br0").connected(0.25);
  stats.refused(stats.of(0, "br0"), "tproxy_max_connections");
  stats.failedWith("Cannot reach 10.0.0.1:80: ConnectionRefused: …");
  for (const listening of [[], [1, 65_535], ["br0", "onebr.12"]]) {
    const counts = stats.counts(listening, 1);
    assert.deepEqual(parseCounts(`${JSON.stringify(counts)}\n`), counts);
  }
});

Deno.test("parseCounts() leaves out what it does not know, at any depth", () => {
  const text = JSON.stringify({ ...GOOD, more: { a: 1 }, lastError: { time: TIME, message: "x", more: 1 } });
  assert.deepEqual(parseCounts(text), { ...GOOD, lastError: { time: TIME, message: "x" } });
  const hidden = parseCounts(`{"__proto__":{"live":9},${JSON.stringify(GOOD).slice(1)}`);
  assert.deepEqual(Object.keys(hidden ?? {}), Object.keys(GOOD));
});

Deno.test("parseCounts() takes nothing that has a part which is not what it has to be", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    listening: [undefined, null, 1, "br0", {}, [0], [65_536], [1.5], [null], ["a/b"], ["\u001b[2J"], [["br0"]], [
      1,
      "",
    ]],
    live: [undefined, null, -1, 1.5, "1", []],
    down: [undefined, "1"],
    unanswered: [
      ...[null, "10.0.0.1:80", {}, ["10.0.0.1"], ["10.0.0.1:0"], ["10.0.0.1:65536"], ["a.example:80"], [80]],
      ...[["10.0.0.1:80:1"], ["10.0.0.1:80\u001b[2J"], Array(101).fill("10.0.0.1:80")],
    ],
    lastError: [null, "x", [], { time: TIME }, { time: "now", message: "x" }, { time: TIME, message: 1 }, {
      time: `${TIME}\u001b[2J`,
      message: "x",
    }],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) assert.equal(parseCounts(JSON.stringify({ ...GOOD, [key]: value })), undefined, key);
  }
  for (const text of ["", "{", "[]", "null", "1", '"x"', "\u0000"]) assert.equal(parseCounts(text), undefined, text);
  for (const open of ["[", '{"a":']) assert.equal(parseCounts(open.repeat(200_000)), undefined);
});

Deno.test("parseCounts() takes no service with a part that is not what it has to be, and leaves out unknown limits", () => {
  const service = new Stats("guests").of(5030).counts;
  const parse = (change: object) =>
    parseCounts(JSON.stringify({ ...GOOD, services: [{ ...service, ...change }] }))?.services;
  assert.deepEqual(parse({ more: 1, refused: { max_connections: 3, "x\n": 4 } }), [
    { ...service, refused: { max_connections: 3 } },
  ]);
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    bridge: [1, null, ["br0"]],
    port: [undefined, -1, "1"],
    total: [-1, 1.5, 2 ** 53, "1", null],
    up: [undefined, 1e300],
    refused: [undefined, null, [], { max_connections: -1 }, { max_connections: "1" }],
    connects: [undefined, [], [1], Array(9).fill("1"), Array(9).fill(-1), Array(10).fill(0)],
    connectSeconds: [undefined, -1, "1", null],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) assert.equal(parse({ [key]: value }), undefined, key);
  }
  assert.equal(parseCounts(JSON.stringify({ ...GOOD, services: {} })), undefined);
  assert.equal(parseCounts(JSON.stringify({ ...GOOD, services: Array(8_193).fill(service) })), undefined);
  assert.equal(parseCounts(JSON.stringify(GOOD).replace("}", ',"services":[{"connectSeconds":1e999}]}')), undefined);
});

Deno.test("parseCounts() takes what is nested 30,000 deep for no counts, or leaves it out", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  assert.equal(parseCounts(JSON.stringify(GOOD).replace("[81,5030]", deep)), undefined);
  assert.deepEqual(parseCounts(`{"more":${deep},${JSON.stringify(GOOD).slice(1)}`), GOOD);
});

Deno.test("parseCounts() makes an error safe to print, and no longer than a line", () => {
  const messageOf = (message: string) =>
    parseCounts(JSON.stringify({ ...GOOD, lastError: { time: TIME, message } }))?.lastError?.message;
  assert.equal(messageOf("\u001b]0;x\u0007\n\u009b2J\u202egate"), "\ufffd]0;x\ufffd\ufffd\ufffd2J\ufffdgate");
  assert.equal(messageOf("x".repeat(60_000))?.length, 1_000);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (message) => {
    assert.doesNotMatch(messageOf(message) ?? "", /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  }));
});

Deno.test("parseCounts() throws at nothing", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(GOOD).map((x) => JSON.stringify(x))), (text) => {
    parseCounts(text);
    parseCounts(text.slice(1));
  }));
});
