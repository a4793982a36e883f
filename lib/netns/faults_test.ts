import assert from "node:assert/strict";
import { BRIDGE, INSIDE_ADDRESS, link, NAMES } from "../../tests/fixtures/links.ts";
import { type AppliedRules, scriptOf } from "../nft/applied.ts";
import type { Content } from "../nft/fingerprint.ts";
import { type BridgeView, type Expected, findBridgeFaults } from "./faults.ts";
import type { Inside } from "./inside.ts";

const PORT = link("br0b", 8, { kind: "veth", peerIndex: 7, master: "br0" });
const END = link("br0a", 7, { kind: "veth", peerIndex: 8, address: INSIDE_ADDRESS });

const INSIDE: Extract<Inside, { state: "alive" }> = {
  state: "alive",
  links: [link("lo", 1, { mtu: 65536, up: false }), END],
  addresses: new Map([["br0a", ["169.254.16.9/32"]]]),
  defaultDevices: ["br0a"],
  sysctls: new Map([["net.ipv4.ip_forward", "0"], ["net.ipv4.tcp_rmem", "4096 131072 524288"]]),
};

const APPLIED: AppliedRules = {
  form: "veth-set",
  script: scriptOf(NAMES, "veth-set"),
  chains: {
    ...{ ch_br0: "1", guard_br0: "2", port_br0: "3", sender_br0: "4", redirect_br0: "5" },
    ...{ guest_kinds: "tun veth", guest_ethertypes: "arp ip" },
    ...{ arp_ethertypes: "32821 arp", vlan_ethertypes: "8021ad 8021q" },
  },
};

function chains(overrides: Record<string, Content | undefined> = {}): Map<string, Content> {
  const all = {
    ch_br0: { rules: 1, fingerprint: "1" },
    guard_br0: { rules: 9, fingerprint: "2" },
    port_br0: { rules: 5, fingerprint: "3" },
    sender_br0: { rules: 7, fingerprint: "4" },
    redirect_br0: { rules: 5, fingerprint: "5" },
    ...overrides,
  };
  return new Map(Object.entries(all).flatMap(([name, content]) => content === undefined ? [] : [[name, content]]));
}

const SHARED = {
  ...{ guest_kinds: ["tun", "veth"], guest_ethertypes: ["ip", "arp"] },
  ...{ arp_ethertypes: ["arp", "32821"], vlan_ethertypes: ["8021ad", "8021q"] },
};
const SETS = new Map(Object.entries({ veth_ends: ["br0b", "br1b"], ...SHARED }));

const WHOLE: BridgeView = {
  bridge: BRIDGE,
  port: PORT,
  inside: INSIDE,
  missing: undefined,
  table: { chains: chains(), sets: SETS },
};

const RECORDED: Expected = {
  names: NAMES,
  isRecorded: true,
  applied: APPLIED,
  sysctls: ["net.ipv4.ip_forward=0", "net.ipv4.tcp_rmem=4096 131072 524288", "net.ipv4.tcp_migrate_req=1"],
};
const DRIVERS: Expected = { ...RECORDED, isRecorded: false, applied: undefined };

/** The codes of the faults in a view that differs from the good one. */
function codes(view: Partial<BridgeView>, expected = RECORDED): string[] {
  return findBridgeFaults(expected, { ...WHOLE, ...view }).map(({ code }) => code);
}

/** A view with another namespace. */
function inside(overrides: Partial<typeof INSIDE>): Partial<BridgeView> {
  return { inside: { ...INSIDE, ...overrides } };
}

Deno.test("findBridgeFaults() finds nothing where all is as it should be, also where nobody looked inside", () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ inside: undefined }), []);
  assert.deepEqual(codes({}, DRIVERS), []);
});

Deno.test("findBridgeFaults() finds what is wrong outside", () => {
  assert.deepEqual(codes({ port: undefined, inside: undefined }), ["veth-missing"]);
  assert.deepEqual(codes({ port: { ...PORT, master: undefined } }), ["veth-off-bridge"]);
  assert.deepEqual(codes({ port: { ...PORT, master: "br1" } }), ["veth-off-bridge"]);
  assert.deepEqual(codes({ port: { ...PORT, up: false } }), ["veth-down"]);
  assert.deepEqual(codes({ port: { ...PORT, mtu: 1400 } }), ["mtu-differs"]);
  assert.deepEqual(codes({ bridge: { ...BRIDGE, mtu: 9000 } }), ["mtu-differs", "mtu-differs"]);
  assert.deepEqual(codes({ missing: ["map-missing", "the map ep_br0"] }), ["map-missing"]);
});

Deno.test("findBridgeFaults() finds what is wrong inside", () => {
  assert.deepEqual(codes({ inside: { state: "absent" } }), ["netns-missing"]);
  assert.deepEqual(codes({ inside: { state: "broken" } }), ["netns-missing"]);
  assert.deepEqual(codes(inside({ links: [] })), ["veth-missing"]);
  assert.deepEqual(codes(inside({ links: [{ ...END, index: 9 }] })), ["veth-missing"]);
  assert.deepEqual(codes(inside({ links: [{ ...END, up: false }] })), ["veth-down"]);
  assert.deepEqual(codes(inside({ links: [{ ...END, mtu: 1400 }] })), ["mtu-differs"]);
  assert.deepEqual(codes(inside({ links: [{ ...END, address: "02:00:00:00:00:01" }] })), ["mac-differs"]);
  assert.deepEqual(codes(inside({ addresses: new Map() })), ["address-missing"]);
  assert.deepEqual(codes(inside({ addresses: new Map([["br0a", ["169.254.16.9/16"]]]) })), ["address-missing"]);
  assert.deepEqual(codes(inside({ defaultDevices: ["lo"] })), ["route-missing"]);
});

Deno.test("findBridgeFaults() names all settings that differ in one fault, and none that the kernel lacks", () => {
  const sysctls = new Map([["net.ipv4.ip_forward", "1"], ["net.ipv4.tcp_rmem", "4096 131072 6291456"]]);
  const [fault, ...more] = findBridgeFaults(RECORDED, { ...WHOLE, ...inside({ sysctls }) });
  assert.deepEqual(more, []);
  assert.deepEqual(fault, {
    code: "sysctl-differs",
    subject: "br0",
    text: "net.ipv4.ip_forward is 1, net.ipv4.tcp_rmem is 4096 131072 6291456 in one_tproxy_br0",
    remedy: 'run "tproxy-setup up --bridge br0"',
  });
});

Deno.test("findBridgeFaults() compares rules by content", () => {
  const table = (overrides: Record<string, Content | undefined>, sets = SETS): Partial<BridgeView> => ({
    table: { chains: chains(overrides), sets },
  });
  assert.deepEqual(codes(table({ guard_br0: undefined })), ["rules-missing"]);
  assert.deepEqual(codes(table({ redirect_br0: undefined })), ["rules-missing"]);
  assert.deepEqual(codes(table({ guard_br0: { rules: 0, fingerprint: "0" } })), ["rules-missing"]);
  assert.deepEqual(codes(table({ port_br0: { rules: 5, fingerprint: "9" } })), ["rules-changed"]);
  const changed = (sets: Record<string, string[]>) => table({}, new Map([...SETS, ...Object.entries(sets)]));
  assert.deepEqual(codes(changed({ veth_ends: ["br1b"] })), ["rules-changed"]);
  for (const name of Object.keys(SHARED)) assert.deepEqual(codes(changed({ [name]: [] })), ["rules-changed"]);
  assert.deepEqual(codes(changed({ guest_kinds: ["tun", "bond"] })), ["rules-changed"]);
  assert.deepEqual(codes(changed({ guest_kinds: ["tun", "veth", "bond"] })), ["rules-changed"]);
  const old = { ...RECORDED, applied: { ...APPLIED, script: "0", chains: { ...APPLIED.chains, guest_kinds: "" } } };
  assert.deepEqual(codes({}, old), ["rules-changed"]);
  const ibrname: AppliedRules = { ...APPLIED, form: "ibrname", script: scriptOf(NAMES, "ibrname") };
  assert.deepEqual(codes(table({}, new Map(Object.entries(SHARED))), { ...RECORDED, applied: ibrname }), []);
});

Deno.test("findBridgeFaults() says nothing of the content of rules that nobody has taken down", () => {
  const unknown = { ...RECORDED, applied: undefined };
  assert.deepEqual(
    codes({ table: { chains: chains({ port_br0: { rules: 5, fingerprint: "9" } }), sets: SETS } }, unknown),
    [],
  );
  assert.deepEqual(codes({ table: { chains: chains({ port_br0: undefined }), sets: SETS } }, unknown), [
    "rules-missing",
  ]);
});

Deno.test("findBridgeFaults() leaves the network driver what is its own: MAC address, MTU, other chains", () => {
  const own = {
    ...inside({ links: [{ ...END, address: "02:00:00:00:00:01" }] }),
    bridge: { ...BRIDGE, mtu: 9000 },
    table: { chains: chains({ guard_br0: undefined, redirect_br0: undefined, port_br0: undefined }), sets: new Map() },
  };
  assert.deepEqual(codes(own, DRIVERS), []);
  assert.deepEqual(codes(inside({ links: [{ ...END, mtu: 1400 }] }), DRIVERS), ["mtu-differs"]);
  assert.deepEqual(codes({ table: { chains: chains({ ch_br0: undefined }), sets: SETS } }, DRIVERS), ["rules-missing"]);
});

Deno.test("findBridgeFaults() gives commands to mend by hand what the network driver made", () => {
  const view = { ...WHOLE, ...inside({ addresses: new Map() }), port: { ...PORT, master: undefined, up: false } };
  assert.deepEqual(findBridgeFaults(DRIVERS, view).map(({ remedy }) => remedy), [
    'run "ip link set dev br0b master br0 up"',
    'run "ip link set dev br0b up"',
    'run "ip -n one_tproxy_br0 address replace 169.254.16.9/32 dev br0a"',
  ]);
  const [gone] = findBridgeFaults(DRIVERS, { ...WHOLE, inside: { state: "absent" } });
  assert.equal(gone?.remedy, "the network driver made it, and makes it again when a VM is started on br0");
});
