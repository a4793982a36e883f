import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { parseBridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import {
  ABSENT,
  ADDRESS,
  alive,
  BRIDGE,
  BROKEN,
  host,
  INSIDE,
  INSIDE_ADDRESS,
  link,
  NAMES,
  OUTSIDE,
} from "../../tests/fixtures/links.ts";
import type { Inside } from "./inside.ts";
import type { Link } from "./observe.ts";
import { planUp } from "./link_plan.ts";
import { setLine } from "./sysctls.ts";

const ADD =
  `link add name br0b address ${ADDRESS} mtu 1500 type veth peer name br0a address ${INSIDE_ADDRESS} mtu 1500 netns one_tproxy_br0`;
const MAKE = ["netns add one_tproxy_br0", setLine(NAMES)];
const JOIN = "link set dev br0b master br0";
const UP = ["link set dev br0b up"];
const INSIDE_LINES = [
  "link set dev br0a mtu 1500",
  "address replace 169.254.16.9/32 dev br0a",
  "link set dev br0a up",
  "route replace default dev br0a scope link",
];

Deno.test("planUp() makes everything where there is only the bridge", () => {
  assert.deepEqual(planUp(NAMES, { host: host(BRIDGE), netns: ABSENT }), {
    netnsBefore: [],
    host: [...MAKE, ADD, JOIN],
    hostAfter: UP,
    isNewPort: true,
    netns: INSIDE_LINES,
    announced: [],
  });
});

const NOTHING = { netnsBefore: [], host: [], hostAfter: [], isNewPort: false, netns: [], announced: [] };

Deno.test("planUp() does nothing where all is right", () => {
  const inside = { ...INSIDE, address: INSIDE_ADDRESS };
  assert.deepEqual(planUp(NAMES, { host: host(BRIDGE, OUTSIDE), netns: alive(inside) }), NOTHING);
});

Deno.test("planUp() sets what differs inside the namespace, and nothing else", () => {
  const inside = { ...INSIDE, address: INSIDE_ADDRESS };
  const right = alive(inside);
  const [mtu, address, up, route] = INSIDE_LINES;
  const cases: [string, Inside, (string | undefined)[], string[]][] = [
    ["its MTU", alive({ ...inside, mtu: 9000 }), [mtu], []],
    ["its address", { ...right, addresses: new Map([["br0a", ["169.254.16.9/24"]]]) }, [address], []],
    ["its state, with which its route goes", alive({ ...inside, up: false }), [up, route], []],
    ["its route", { ...right, defaultDevices: ["br1a"] }, [route], []],
    ["a setting", { ...right, sysctls: new Map([["net.ipv4.ip_forward", "1"]]) }, [], MAKE.slice(1)],
    ["settings that this kernel does not have", { ...right, sysctls: new Map() }, [], []],
  ];
  for (const [what, netns, lines, before] of cases) {
    const plan = planUp(NAMES, { host: host(BRIDGE, OUTSIDE), netns });
    assert.deepEqual(plan, { ...NOTHING, netns: lines, host: before }, what);
  }
});

Deno.test("planUp() gives a pair of the network driver's the address that guests find on every host, and announces it", () => {
  const theirs = { ...INSIDE, address: "9e:a3:72:19:19:bb" };
  const plan = planUp(NAMES, { host: host(BRIDGE, OUTSIDE), netns: alive(theirs) });
  assert.deepEqual(plan, { ...NOTHING, announced: [`link set dev br0a address ${INSIDE_ADDRESS}`] });
});

Deno.test("planUp() puts a pair that has fallen off the bridge back on it", () => {
  const off = { ...OUTSIDE, master: undefined };
  const plan = planUp(NAMES, { host: host(BRIDGE, off), netns: alive(INSIDE) });
  assert.deepEqual(plan.host, [JOIN]);
  assert.equal(plan.isNewPort, true);
});

Deno.test("planUp() takes a port that is down for one that has no filter yet", () => {
  const plan = planUp(NAMES, { host: host(BRIDGE, { ...OUTSIDE, up: false }), netns: alive(INSIDE) });
  assert.equal(plan.isNewPort, true);
});

Deno.test("planUp() repairs what is half there", () => {
  const known = link("br0b", 8, { kind: "veth", peerIndex: 99, address: ADDRESS });
  const unmoved = [
    link("br0b", 8, { kind: "veth", peerName: "br0a" }),
    link("br0a", 7, { kind: "veth", peerName: "br0b" }),
  ];
  const cases: [string, Link[], Inside, string[]][] = [
    ["a namespace without a pair", [], alive(), []],
    ["a pair whose namespace is gone", [OUTSIDE], ABSENT, ["br0b"]],
    ["an end outside whose other half is elsewhere", [OUTSIDE], alive(), ["br0b"]],
    ["an end outside that is known by its address alone", [known], alive(), ["br0b"]],
    ["a pair that was not moved inside: one removal takes both", unmoved, alive(), ["br0b"]],
    ["two halves of two pairs", [OUTSIDE, { ...INSIDE, master: "br0" }], alive(), ["br0b", "br0a"]],
  ];
  for (const [what, ends, netns, stray] of cases) {
    const plan = planUp(NAMES, { host: host(BRIDGE, ...ends), netns });
    const make = netns.state === "absent" ? MAKE : [];
    assert.deepEqual(plan.host, [...make, ...stray.map((name) => `link delete dev ${name}`), ADD, JOIN], what);
    assert.deepEqual(plan.netns, INSIDE_LINES);
  }
});

Deno.test("planUp() takes two ends for a pair only if each is the other's", () => {
  const cases = [[{ ...OUTSIDE, peerIndex: 99 }, INSIDE], [OUTSIDE, { ...INSIDE, peerIndex: 99 }]] as const;
  for (const [outside, inside] of cases) {
    assert.equal(planUp(NAMES, { host: host(BRIDGE, outside), netns: alive(inside) }).host[0], "link delete dev br0b");
  }
});

Deno.test("planUp() replaces the file of a namespace that does not work", () => {
  const plan = planUp(NAMES, { host: host(BRIDGE), netns: BROKEN });
  assert.deepEqual(plan.host, ["netns delete one_tproxy_br0", ...MAKE, ADD, JOIN]);
});

Deno.test("planUp() gives both ends the bridge's MTU", () => {
  const bridge = { ...BRIDGE, mtu: 9000 };
  const fresh = planUp(NAMES, { host: host(bridge), netns: ABSENT });
  assert.equal(fresh.host[2], ADD.replaceAll("mtu 1500", "mtu 9000"));
  const there = planUp(NAMES, { host: host(bridge, OUTSIDE), netns: alive(INSIDE) });
  assert.deepEqual([there.host[0], there.netns[0]], [
    "link set dev br0b mtu 9000",
    "link set dev br0a mtu 9000",
  ]);
});

Deno.test("planUp() gives each bridge's end an address of its own that no bridge takes over", () => {
  const addresses = ["br0", "br1", "br10", "onebr.12", "0", "virbr0"].map((name) => {
    const names = namesOf(parseBridgeName(name));
    const plan = planUp(names, { host: host({ ...BRIDGE, name }), netns: ABSENT });
    return / address (\S+) /.exec(plan.host.at(-2) ?? "")?.[1] ?? "";
  });
  assert.equal(new Set(addresses).size, addresses.length);
  for (const address of addresses) assert.match(address, /^fe(?::[0-9a-f]{2}){5}$/);
});

Deno.test("planUp() refuses a bridge that is not there or is none", () => {
  const cases: [Map<string, Link>, RegExp][] = [
    [host(), /^There is no bridge br0$/],
    [host(OUTSIDE), /^There is no bridge br0$/],
    [host({ ...BRIDGE, kind: "vxlan" }), /^br0 is not a Linux bridge but vxlan$/],
    [host({ ...BRIDGE, kind: undefined }), /^br0 is not a Linux bridge but a physical device$/],
  ];
  for (const [devices, message] of cases) {
    assert.throws(() => planUp(NAMES, { host: devices, netns: ABSENT }), (error) => {
      return error instanceof KernelStateError && message.test(error.message);
    });
  }
});

Deno.test("planUp() refuses to touch a device that only has one of our names", () => {
  const foreign: [Link, RegExp][] = [
    [{ ...OUTSIDE, kind: "dummy" }, /^The device br0b is not ours: it is dummy on br0$/],
    [{ ...OUTSIDE, master: "br1" }, /^The device br0b is not ours: it is veth on br1$/],
    [{ ...OUTSIDE, master: undefined, peerName: "x" }, /^The device br0b is not ours: it is veth$/],
    [link("br0b", 8), /^The device br0b is not ours: it is a physical device$/],
    [{ ...INSIDE, kind: "tun" }, /^The device br0a is not ours: it is tun$/],
    [{ ...INSIDE, master: "br1" }, /^The device br0a is not ours: it is veth on br1$/],
  ];
  for (const [device, message] of foreign) {
    for (const netns of [ABSENT, BROKEN, alive()]) {
      assert.throws(() => planUp(NAMES, { host: host(BRIDGE, device), netns }), (error) => {
        return error instanceof KernelStateError && message.test(error.message);
      });
    }
  }
});

Deno.test("planUp() first removes an inner end in the namespace whose partner is not the outer end", () => {
  const stranger: Link = { ...INSIDE, peerIndex: 99 };
  assert.deepEqual(planUp(NAMES, { host: host(BRIDGE), netns: alive(stranger) }).netnsBefore, ["link delete dev br0a"]);
});
