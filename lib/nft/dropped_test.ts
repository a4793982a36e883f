import assert from "node:assert/strict";
import { parseDropped } from "./dropped.ts";

const counted = (packets: unknown) => [{ counter: { packets, bytes: 9 } }, { drop: null }];

function listing(...rules: object[]): string {
  return JSON.stringify({
    nftables: [{ metainfo: {} }, { chain: { name: "guard_br0" } }, ...rules.map((rule) => ({ rule }))],
  });
}

Deno.test("parseDropped() finds the rules that have a counter and a name, with their bridges", () => {
  const json = listing(
    { chain: "guard_onebr.12", comment: "sender-ip", expr: counted(3) },
    { chain: "guard_br0", expr: counted(4) },
    { chain: "guard_br0", comment: "second-tag", expr: [{ drop: null }] },
    { chain: "guard_onebr.12", comment: "sender-ip", expr: counted(2) },
    { chain: "guard_br1", comment: "sender-ip", expr: counted(8) },
    { chain: "inner", comment: "inner-sends", expr: counted(0) },
  );
  assert.deepEqual(parseDropped(json), [
    { rule: "sender-ip", packets: 5, bridge: "onebr.12" },
    { rule: "sender-ip", packets: 8, bridge: "br1" },
    { rule: "inner-sends", packets: 0 },
  ]);
});

Deno.test("parseDropped() takes no name that is not one of ours, from rules that somebody else has made", () => {
  for (const comment of ['x"} 1', "Nothing else", "a\nb", "x".repeat(60), 7, undefined]) {
    assert.deepEqual(parseDropped(listing({ chain: "guard_br0", comment, expr: counted(3) })), []);
  }
  assert.deepEqual(parseDropped(listing({ chain: 'guard_x"} 1', comment: "sender-ip", expr: counted(3) })), []);
  assert.deepEqual(parseDropped(listing({ chain: "guard_br0", comment: "sender-ip", expr: counted("3") })), []);
});
