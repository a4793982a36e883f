import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelStateError } from "../errors.ts";
import { parseTable } from "./parse_tables.ts";

/** A listing as nft 1.0.6 prints it. */
function listing(...items: unknown[]): string {
  return JSON.stringify({ nftables: [{ metainfo: { version: "1.0.6", json_schema_version: 1 } }, ...items] });
}

const GATE = [5030, { concat: ["10.11.12.13", 5030] }];

Deno.test("parseTable() lists everything in a table but its rules", () => {
  const family = { family: "bridge", table: "one_tproxy" };
  const json = listing(
    { table: { family: "bridge", name: "one_tproxy", handle: 2 } },
    { set: { ...family, name: "veth_ends", type: "ifname", handle: 1, elem: ["br0b", "br1b"] } },
    { set: { ...family, name: "empty", type: "ifname", handle: 4 } },
    { chain: { ...family, name: "ch_br0", handle: 2, type: "filter", hook: "forward", prio: -200, policy: "accept" } },
    { rule: { ...family, chain: "ch_br0", handle: 3, expr: [{ drop: null }] } },
    { map: { family: "ip", name: "ep_br0", table: "one_tproxy", type: "inet_service", elem: [GATE] } },
    { counter: { ...family, name: "seen" } },
  );
  assert.deepEqual(parseTable(json), [
    { family: "bridge", kind: "set", name: "veth_ends", elements: ["br0b", "br1b"] },
    { family: "bridge", kind: "set", name: "empty", elements: [] },
    { family: "bridge", kind: "chain", name: "ch_br0", elements: [] },
    { family: "ip", kind: "map", name: "ep_br0", elements: [] },
    { family: "bridge", kind: "counter", name: "seen", elements: [] },
  ]);
});

Deno.test("parseTable() never takes what is not a listing for an empty one", () => {
  for (const text of ["", "{", "null", "[]", "{}", '{"nftables":{}}', '{"nftables":[]}', listing().slice(0, -1)]) {
    assert.throws(() => parseTable(text), KernelStateError, text);
  }
  assert.deepEqual(parseTable(listing()), []);
});

Deno.test("parseTable() fails with nothing but KernelStateError", () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.array(fc.jsonValue()).map((items) => listing(...items)));
  fc.assert(fc.property(text, (text) => {
    try {
      parseTable(text);
    } catch (error) {
      assert.ok(error instanceof KernelStateError, String(error));
    }
  }));
});

Deno.test("parseTable() sees elements of a set that carry a comment", () => {
  const set = {
    family: "bridge",
    table: "one_tproxy",
    name: "veth_ends",
    elem: [{ elem: { val: "br1b", comment: "x" } }],
  };
  assert.deepEqual(parseTable(listing({ set }))[0]?.elements, ["br1b"]);
});
