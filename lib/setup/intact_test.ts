import assert from "node:assert/strict";
import { parseBridgeName, VETH_SET } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { describeRules } from "../nft/applied.ts";
import { chainsOf } from "../nft/chains.ts";
import type { BridgeTable } from "../nft/fingerprint.ts";
import type { StateAndRules } from "../nft/list_rules.ts";
import { isIntact } from "./intact.ts";
import { copyOf } from "./setup_record.ts";

const BRIDGE = parseBridgeName("br0");
const NAMES = namesOf(BRIDGE);
const ENDPOINT = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const NETWORKS = [{ id: "7", endpoints: [ENDPOINT] }];

const CHAINS = chainsOf(NAMES, "veth-set").map(({ name, rules: { length } }, i) => {
  return [name, { rules: length, fingerprint: `${i}` }] as const;
});
const SETS = {
  ...{ guest_kinds: ["tun", "veth"], guest_ethertypes: ["ip", "arp"], arp_ethertypes: ["arp", "32821"] },
  ...{ vlan_ethertypes: ["8021ad", "8021q"], [VETH_SET]: ["br0b", "br1b"], redirected_br0: ["80"] },
};
const TABLE: BridgeTable = { chains: new Map(CHAINS), sets: new Map(Object.entries(SETS)) };
const MAPS = { bridges: new Map([[BRIDGE, [ENDPOINT]]]), unusable: new Map(), warnings: [] };
const STATE = { maps: MAPS, objects: [], copies: new Map([[BRIDGE, copyOf(NETWORKS)]]) };
const APPLIED = describeRules(NAMES, "veth-set", TABLE);

function intact(held: Partial<StateAndRules>): boolean {
  return isIntact(BRIDGE, NETWORKS, APPLIED, { state: STATE, table: TABLE, ...held });
}

Deno.test("isIntact() takes what is as it was applied", () => {
  assert.equal(intact({}), true);
});

Deno.test("isIntact() finds a map that has more, or less, or what can't be read", () => {
  const withMaps = (maps: Partial<typeof MAPS>) => intact({ state: { ...STATE, maps: { ...MAPS, ...maps } } });
  assert.equal(withMaps({ bridges: new Map() }), false);
  assert.equal(withMaps({ bridges: new Map([[BRIDGE, []]]) }), false);
  assert.equal(withMaps({ bridges: new Map([[BRIDGE, [ENDPOINT, { ...ENDPOINT, servicePort: 81 }]]]) }), false);
  assert.equal(intact({ state: { ...STATE, maps: { ...MAPS, warnings: ["an element was skipped"] } } }), false);
});

Deno.test("isIntact() finds rules and sets that differ, and sets of a former version", () => {
  for (const [name] of CHAINS) {
    const chains = new Map(TABLE.chains).set(name, { rules: 1, fingerprint: "other" });
    assert.equal(intact({ table: { ...TABLE, chains } }), false, name);
  }
  for (const name of [...TABLE.sets.keys(), "senders_br0"]) {
    assert.equal(intact({ table: { ...TABLE, sets: new Map(TABLE.sets).set(name, ["other"]) } }), false, name);
  }
  assert.equal(intact({ table: { ...TABLE, isDormant: true } }), false);
  assert.equal(intact({ state: { ...STATE, copies: new Map() } }), false);
});
