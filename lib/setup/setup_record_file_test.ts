import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import type { NftState } from "../nft/parse_state.ts";
import { copyOf } from "./setup_record.ts";
import { findLost, isLost, type RecordFile } from "./setup_record_file.ts";

const [BR0, BR1, BR2, BR3] = ["br0", "br1", "br2", "br3"].map(parseBridgeName) as [never, never, never, never];
const NETWORKS = [{ id: "7", endpoints: [{ servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 }] }];

/** Copies of br0 and br1, one of br2 whose map is gone, and one of br3 whose map is the network driver's. */
const NFT: NftState = {
  maps: { bridges: new Map([[BR0, []], [BR1, []], [BR3, []]]), unusable: new Map(), warnings: [] },
  objects: ["guard_br0", "guard_br1", "guard_br2", "ch_br3"].map((name) => {
    return { family: "bridge", kind: "chain", name, elements: [] };
  }),
  copies: new Map([BR0, BR1, BR2, BR3].map((bridge) => [bridge, copyOf(NETWORKS)])),
};

function lost(file: Partial<RecordFile>, nft = NFT): unknown {
  const whole = { isThere: true, bridges: new Map(), damaged: [], ...file };
  assert.equal(isLost(whole, nft), whole.damaged.length > 0 || findLost(whole, nft).size > 0);
  return [...findLost(whole, nft)];
}

Deno.test("findLost() finds all that nft has copies of where the record is gone or damaged as a whole", () => {
  const both = [[BR0, NETWORKS], [BR1, NETWORKS]];
  assert.deepEqual(lost({ isThere: false }), both);
  assert.deepEqual(lost({ damaged: "all" }), both);
});

Deno.test("findLost() finds the damaged bridge where only that is, and nothing of a good record", () => {
  assert.deepEqual(lost({ damaged: [BR1], bridges: new Map([[BR0, []]]) }), [[BR1, NETWORKS]]);
  assert.deepEqual(lost({ bridges: new Map([[BR0, []]]) }), []);
  assert.deepEqual(lost({}), [], "br0 was taken down by somebody who knows no copies");
});

Deno.test("findLost() finds nothing in a copy that is damaged itself", () => {
  for (const copy of ["", "[]", copyOf(NETWORKS).slice(0, -1)]) {
    assert.deepEqual(lost({ isThere: false }, { ...NFT, copies: new Map([[BR0, copy]]) }), []);
  }
});
