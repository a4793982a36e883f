import assert from "node:assert/strict";
import { Samples } from "./samples.ts";
import { format, tableOfMedians, tableOfVerdicts } from "./tables.ts";

Deno.test("tableOfMedians() sets the first contender's numbers beside the others'", () => {
  const samples = new Samples();
  samples.add("down.rate", "ours", 11);
  samples.add("down.rate", "socat", 2.75);
  const [head = "", row = ""] = tableOfMedians(samples, ["ours", "socat"]).split("\n");
  assert.deepEqual(head.split(/ {2,}/), ["median", "unit", "ours", "socat", "÷ socat"]);
  assert.deepEqual(row.split(/ {2,}/), ["one stream down", "Gbit/s", "11.0", "2.75", "4.00"]);
});

Deno.test("tableOfMedians() leaves out what nobody did", () => {
  const samples = new Samples();
  samples.add("start", "ours", 200);
  assert.equal(tableOfMedians(samples, ["ours", "no proxy"]).split("\n").length, 2);
});

Deno.test("tableOfVerdicts() says what is met and what is missed", () => {
  const verdicts = [
    { what: "one", wanted: "at least 1", found: 1.0004, met: true },
    { what: "other", wanted: "at most 1", found: undefined, met: false },
  ];
  const lines = tableOfVerdicts(verdicts).split("\n").slice(1).map((line) => line.split(/ {2,}/));
  assert.deepEqual(lines, [["one", "at least 1", "met", "1.000"], ["other", "at most 1", "MISSED", "nothing"]]);
});

Deno.test("format() keeps three digits, and all before the point", () => {
  assert.deepEqual([undefined, 0, 0.8701, 12.34, 30995.1].map(format), ["", "0", "0.870", "12.3", "30995"]);
});
