import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import type { Endpoint } from "../address.ts";
import type { NftState } from "../nft/parse_state.ts";
import type { TableObject } from "../nft/bridge_script.ts";
import { BRIDGE, OUTSIDE } from "../../tests/fixtures/links.ts";
import { copyOf } from "./setup_record.ts";
import { findMissing, type Present } from "./restore.ts";

const BR0 = parseBridgeName("br0");
const ENDPOINT = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const NETWORKS = [{ id: "7", name: "caf\u00e9", endpoints: [ENDPOINT] }];
const RECORD = new Map([[BR0, NETWORKS]]);
const CHAIN: TableObject = { family: "bridge", kind: "chain", name: "ch_br0", elements: [] };
const GUARD: TableObject = { ...CHAIN, name: "guard_br0" };
const REDIRECT: TableObject = { ...CHAIN, name: "redirect_br0" };
const REDIRECTED: TableObject = { ...CHAIN, kind: "set", name: "redirected_br0", elements: ["80"] };
const RULES = [CHAIN, GUARD, REDIRECT, REDIRECTED];
const PORT: TableObject = { ...CHAIN, name: "port_br0" };

function nft(overrides: Partial<NftState> = {}, elements: readonly Endpoint[] | undefined = [ENDPOINT]): NftState {
  const bridges = new Map(elements === undefined ? [] : [[BR0, elements]]);
  const maps = { bridges, unusable: new Map(), warnings: [] };
  return { maps, objects: [...RULES, PORT], copies: new Map([[BR0, copyOf(NETWORKS)]]), ...overrides };
}

const NO_MAP: NftState["maps"] = { bridges: new Map(), unusable: new Map(), warnings: [] };
const WHOLE = { links: [BRIDGE, OUTSIDE], netns: new Set([namesOf(BR0).netns]), nft: nft() };

Deno.test("findMissing() finds nothing where all is there, or nothing was recorded", () => {
  assert.equal(findMissing(RECORD, WHOLE).size, 0);
  assert.equal(findMissing(new Map(), { links: [], netns: new Set(), nft: nft({ maps: NO_MAP }) }).size, 0);
});

Deno.test("findMissing() finds nothing where somebody has added an element", () => {
  assert.equal(findMissing(RECORD, { ...WHOLE, nft: nft({}, [ENDPOINT, { ...ENDPOINT, servicePort: 81 }]) }).size, 0);
});

Deno.test("findMissing() names what is gone of a bridge, or is not what was recorded", () => {
  const element = "the element 80 of the map ep_br0";
  const copy = "the copy of the record in the set record_br0";
  const cases: [Partial<Omit<Present, "file">>, string][] = [
    [{ netns: new Set() }, "the namespace one_tproxy_br0"],
    [{ links: [BRIDGE] }, "the port br0b"],
    [{ links: [BRIDGE, { ...OUTSIDE, master: undefined }] }, "the port br0b"],
    [{ nft: nft({ maps: NO_MAP }) }, "the map ep_br0"],
    [{ nft: nft({}, []) }, element],
    [{ nft: nft({}, [{ ...ENDPOINT, servicePort: 81 }]) }, element],
    [{ nft: nft({}, [{ ...ENDPOINT, remoteAddr: "10.0.0.2" }]) }, element],
    [{ nft: nft({}, [{ ...ENDPOINT, options: { maxConnections: 5 } }]) }, element],
    [{ nft: nft({ objects: [GUARD, REDIRECT, PORT] }) }, "the chain ch_br0"],
    [{ nft: nft({ objects: [CHAIN, REDIRECT, PORT] }) }, "the chain guard_br0"],
    [{ nft: nft({ objects: [CHAIN, GUARD, PORT] }) }, "the chain redirect_br0"],
    [{ nft: nft({ objects: RULES }) }, "the chain port_br0"],
    [{ nft: nft({ objects: [CHAIN, GUARD, REDIRECT, PORT] }) }, "the set redirected_br0 as setup made it"],
    [{ nft: nft({ copies: new Map() }) }, copy],
    [{ nft: nft({ copies: new Map([[BR0, "[]"]]) }) }, copy],
  ];
  for (const [loss, what] of cases) assert.deepEqual([...findMissing(RECORD, { ...WHOLE, ...loss })], [[BR0, what]]);
});

Deno.test("findMissing() takes time in proportion to the bridges, not to their square", () => {
  const bridges = Array.from({ length: 200 }, (_, i) => parseBridgeName(`br${i}`));
  let looks = 0;
  const counted = <T extends { name: string }>(thing: T) => ({
    ...thing,
    get name() {
      looks++;
      return thing.name;
    },
  });
  const all = bridges.map(namesOf);
  const links = bridges.flatMap((bridge, i) => [
    counted({ ...BRIDGE, name: bridge }),
    counted({ ...OUTSIDE, name: all[i]?.bridgeEnd ?? "", master: bridge }),
  ]);
  const objects = all.flatMap(({ chain, guardChain, redirectChain, portChain, redirected }) => [
    ...[chain, guardChain, redirectChain, portChain].map((name) => counted({ ...CHAIN, name })),
    counted({ ...REDIRECTED, name: redirected }),
  ]);
  const present = {
    links,
    netns: new Set(all.map(({ netns }) => netns)),
    nft: nft({
      objects,
      maps: { ...NO_MAP, bridges: new Map(bridges.map((bridge) => [bridge, [ENDPOINT]])) },
      copies: new Map(bridges.map((bridge) => [bridge, copyOf(NETWORKS)])),
    }),
  };
  assert.equal(findMissing(new Map(bridges.map((bridge) => [bridge, NETWORKS])), present).size, 0);
  const things = links.length + objects.length;
  assert.ok(looks <= 3 * things, `${looks} looks at the names of ${things} things`);
});

Deno.test("findMissing() leaves alone a bridge that is not there, or is none", () => {
  for (const links of [[], [OUTSIDE], [{ ...BRIDGE, kind: "veth" }]]) {
    assert.equal(findMissing(RECORD, { ...WHOLE, links, netns: new Set() }).size, 0);
  }
});
