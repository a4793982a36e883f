import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { type Key, press, readKeys } from "./keys.ts";

const BRIDGES = ["br0", "br1", "br2"].map(parseBridgeName);

Deno.test("readKeys() knows the keys of several terminals, and passes over all others", () => {
  const cases: Readonly<Record<string, Key[]>> = {
    "q": ["quit"],
    "\x03": ["quit"],
    "\x1b[21~": ["quit"],
    "\x1b[A\x1bOB\r": ["up", "down", "open"],
    "\x1b": ["back"],
    "\x1b[D\x1b[C": ["back", "open"],
    "\x1b[5~\x1b[6~\x1b[H\x1bOF": ["page-up", "page-down", "first", "last"],
    "x\x1b[1;5A\x1b[15~constructor€": [],
  };
  for (const [text, keys] of Object.entries(cases)) {
    assert.deepEqual(readKeys(text), { keys, rest: "" }, JSON.stringify(text));
  }
});

Deno.test("readKeys() keeps a sequence that is not whole, but not without end", () => {
  assert.deepEqual(readKeys("q\x1b["), { keys: ["quit"], rest: "\x1b[" });
  assert.deepEqual(readKeys("\x1b[2"), { keys: [], rest: "\x1b[2" });
  assert.deepEqual(readKeys("\x1b[21~"), { keys: ["quit"], rest: "" });
  assert.equal(readKeys(`\x1b[${"1".repeat(1_000)}`).rest, "");
});

Deno.test("press() selects a line within the list", () => {
  const go = (line: number, key: Exclude<Key, "quit">, lines = 3) =>
    press({ opened: undefined, line }, key, BRIDGES, lines, 2).line;
  assert.deepEqual([go(0, "up"), go(0, "down"), go(2, "down")], [0, 1, 2]);
  assert.deepEqual([go(2, "page-up"), go(0, "page-down"), go(1, "page-down")], [0, 2, 2]);
  assert.deepEqual([go(2, "first"), go(0, "last"), go(0, "last", 0)], [0, 2, 0]);
  assert.equal(go(9, "up"), 1, "the list is shorter than it was");
});

Deno.test("press() opens the selected bridge, and comes back to it", () => {
  const [, br1] = BRIDGES;
  const opened = press({ opened: undefined, line: 1 }, "open", BRIDGES, 3, 2);
  assert.deepEqual(opened, { opened: br1, line: 0 });
  assert.deepEqual(press({ opened: br1, line: 5 }, "open", BRIDGES, 9, 2), { opened: br1, line: 5 });
  assert.deepEqual(press({ opened: br1, line: 5 }, "back", BRIDGES, 9, 2), { opened: undefined, line: 1 });
  assert.deepEqual(press({ opened: br1, line: 5 }, "back", [], 0, 2), { opened: undefined, line: 0 });
  assert.deepEqual(press({ opened: undefined, line: 0 }, "open", [], 0, 2), { opened: undefined, line: 0 });
});
