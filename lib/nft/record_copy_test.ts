import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCopy, renderCopy } from "./record_copy.ts";

/** The listing of the rendered set, in another order. */
function listed(commands: readonly string[]): unknown[] {
  const add = commands.find((command) => command.startsWith("add element")) ?? "";
  return [...add.matchAll(/(\d+) comment "([^"]*)"/g)]
    .map(([, place, comment]) => ({ elem: { val: Number(place), comment } })).toReversed();
}

Deno.test("a copy is a set whose elements can be read by people", () => {
  assert.deepEqual(renderCopy("record_br0", '[{"id":"7"}]'), [
    "add set bridge one_tproxy record_br0 { type inet_service ; }",
    "flush set bridge one_tproxy record_br0",
    `add element bridge one_tproxy record_br0 { 0 comment "[{'id':'7'}]" }`,
  ]);
});

Deno.test("any JSON comes back from its copy, and none of it can end a comment", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const commands = renderCopy("record_br0", JSON.stringify(value));
    for (const command of commands) assert.match(command, /^[ -~]*$/);
    const rest = commands.at(-1)?.replaceAll(/\d+ comment "[A-Za-z0-9 '{}[\]:,._+\\-]{1,120}"/g, "");
    assert.match(rest ?? "", /^add element bridge one_tproxy record_br0 \{ [, ]*\}$/);
    assert.deepEqual(JSON.parse(parseCopy(listed(commands)) ?? ""), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("parseCopy() takes nothing for a copy of which a piece in between is missing, or which is none", () => {
  const long = JSON.stringify("x".repeat(500));
  const whole = listed(renderCopy("record_br0", long));
  assert.equal(parseCopy(whole), long);
  assert.throws(() => JSON.parse(parseCopy(whole.slice(1)) ?? "{}"), SyntaxError, "the last piece is missing");
  const piece = (val: unknown, comment: unknown) => ({ elem: { val, comment } });
  for (
    const elements of [
      undefined,
      {},
      whole.slice(0, -1),
      whole.slice(0, 1),
      [...whole, whole[0]],
      [80],
      [piece(0, undefined)],
      [piece("br0b", "x")],
      [piece(-1, "x")],
      [piece(0.5, "x")],
      [piece(1e9, "x")],
    ]
  ) assert.equal(parseCopy(elements), undefined);
});
