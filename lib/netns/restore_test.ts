import assert from "node:assert/strict";
import { namesOf, parseBridgeName } from "../names.ts";
import type { TableObject } from "../nft/render.ts";
import { BRIDGE, OUTSIDE } from "../../tests/fixtures/links.ts";
import { findMissing, type Present } from "./restore.ts";

const BR0 = parseBridgeName("br0");
const RECORD = new Map([[BR0, [{ id: "7", endpoints: [] }]]]);
const MAP: TableObject = { family: "ip", kind: "map", name: "ep_br0", elements: [] };
const CHAIN: TableObject = { family: "bridge", kind: "chain", name: "ch_br0", elements: [] };
const GUARD: TableObject = { ...CHAIN, name: "guard_br0" };
const PORT: TableObject = { ...CHAIN, name: "port_br0" };
const WHOLE: Present = {
  links: [BRIDGE, OUTSIDE],
  netns: new Set([namesOf(BR0).netns]),
  tables: { ip: [MAP], bridge: [CHAIN, GUARD, PORT] },
};

Deno.test("findMissing() finds nothing where all is there, or nothing was recorded", () => {
  assert.equal(findMissing(RECORD, WHOLE).size, 0);
  assert.equal(
    findMissing(new Map(), { links: [], netns: new Set(), tables: { ip: undefined, bridge: undefined } }).size,
    0,
  );
});

Deno.test("findMissing() names what is gone of a bridge", () => {
  const cases: [Partial<Present>, string][] = [
    [{ netns: new Set() }, "the namespace one_tproxy_br0"],
    [{ links: [BRIDGE] }, "the port br0b"],
    [{ links: [BRIDGE, { ...OUTSIDE, master: undefined }] }, "the port br0b"],
    [{ tables: { ip: undefined, bridge: [CHAIN, GUARD, PORT] } }, "the map ep_br0"],
    [{ tables: { ip: [{ ...MAP, name: "ep_br1" }], bridge: [CHAIN, GUARD, PORT] } }, "the map ep_br0"],
    [{ tables: { ip: [MAP], bridge: [GUARD, PORT] } }, "the chain ch_br0"],
    [{ tables: { ip: [MAP], bridge: [CHAIN, PORT] } }, "the chain guard_br0"],
    [{ tables: { ip: [MAP], bridge: [CHAIN, GUARD] } }, "the chain port_br0"],
  ];
  for (const [loss, what] of cases) assert.deepEqual([...findMissing(RECORD, { ...WHOLE, ...loss })], [[BR0, what]]);
});

Deno.test("findMissing() leaves alone a bridge that is not there, or is none", () => {
  for (const links of [[], [OUTSIDE], [{ ...BRIDGE, kind: "veth" }]]) {
    assert.equal(findMissing(RECORD, { ...WHOLE, links, netns: new Set() }).size, 0);
  }
});
