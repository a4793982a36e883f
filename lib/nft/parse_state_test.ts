import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { parseState } from "./parse_state.ts";

const META = { metainfo: { version: "1.0.6", json_schema_version: 1 } };

/** The output of nft for three commands, one line each. */
function listings(maps: object[], sets: object[], chains: object[]): string {
  return [maps, sets, chains].map((items) => JSON.stringify({ nftables: [META, ...items] })).join("\n") + "\n";
}

function set(name: string, elem: unknown, table = "one_tproxy"): object {
  return { set: { family: "bridge", table, name, type: "inet_service", elem } };
}

const MAP = { map: { family: "ip", table: "one_tproxy", name: "ep_br0", elem: [[80, { concat: ["10.0.0.1", 80] }]] } };
const CHAIN = { chain: { family: "bridge", table: "one_tproxy", name: "ch_br0" } };
const PIECE = { elem: { val: 0, comment: "[{'id':'7'}]" } };

Deno.test("parseState() reads maps, copies and chains out of three listings", () => {
  const { maps, objects, copies } = parseState(
    listings([MAP], [set("record_br0", [PIECE]), set("veth_ends", ["br0b"])], [CHAIN]),
  );
  assert.deepEqual([...maps.bridges], [["br0", [{ servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 }]]]);
  assert.deepEqual(objects.map(({ kind, name }) => `${kind} ${name}`), [
    "set record_br0",
    "set veth_ends",
    "chain ch_br0",
  ]);
  assert.deepEqual([...copies], [["br0", '[{"id":"7"}]']]);
});

Deno.test("parseState() finds nothing where nothing is, and passes over what is others'", () => {
  const other = { chain: { family: "bridge", table: "filter", name: "guard_br0" } };
  for (const text of [listings([], [], []), listings([], [set("record_br0", [PIECE], "filter")], [other])]) {
    const { maps, objects, copies } = parseState(text);
    assert.deepEqual([maps.bridges.size, objects.length, copies.size], [0, 0, 0]);
  }
});

Deno.test("parseState() takes no set for a copy that is named after no bridge, or is damaged", () => {
  const sets = [set("record_", [PIECE]), set("record_../etc", [PIECE]), set("record_br1", [80]), set("record_br2", 7)];
  assert.equal(parseState(listings([], sets, [])).copies.size, 0);
});

Deno.test("parseState() never takes what is not a listing for one without anything", () => {
  const whole = listings([MAP], [], []);
  for (const text of ["", "\n", "{}", whole + "x", whole.slice(0, -2)]) {
    assert.throws(() => parseState(text), KernelStateError, text);
  }
});
