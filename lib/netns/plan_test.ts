import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { namesOf, parseBridgeName } from "../names.ts";
import type { Link, NetnsState } from "./observe.ts";
import { planDown, planUp } from "./plan.ts";

const NAMES = namesOf(parseBridgeName("br0"));

function link(name: string, index: number, overrides: Partial<Link> = {}): Link {
  return { name, index, peerIndex: undefined, kind: undefined, master: undefined, mtu: 1500, ...overrides };
}

const BRIDGE = link("br0", 2, { kind: "bridge" });
const OUTSIDE = link("br0b", 8, { kind: "veth", peerIndex: 7, master: "br0" });
const INSIDE = link("br0a", 7, { kind: "veth", peerIndex: 8 });
const LOOPBACK = link("lo", 1);

const ABSENT: NetnsState = { state: "absent" };
const BROKEN: NetnsState = { state: "broken" };
const alive = (...links: Link[]): NetnsState => ({ state: "alive", links: [LOOPBACK, ...links] });
const host = (...links: Link[]) => new Map(links.map((link) => [link.name, link]));

// The address is "fe" and the low 40 bits of the FNV-1a hash (64 bits) of "br0".
const ADD = "link add name br0b address fe:19:13:6f:7b:9f mtu 1500 type veth " +
  "peer name br0a mtu 1500 netns one_tproxy_br0";
const JOIN = "link set dev br0b master br0 up";
const INSIDE_LINES = [
  "link set dev br0a mtu 1500",
  "address replace 169.254.16.9/32 dev br0a",
  "link set dev br0a up",
  "route replace default dev br0a scope link",
];

Deno.test("planUp() makes everything where there is only the bridge", () => {
  assert.deepEqual(planUp(NAMES, { host: host(BRIDGE), netns: ABSENT }), {
    removeNetns: false,
    addNetns: true,
    host: [ADD, JOIN],
    netns: INSIDE_LINES,
  });
});

Deno.test("planUp() makes no device and no namespace where all is right, and sets the rest again", () => {
  assert.deepEqual(planUp(NAMES, { host: host(BRIDGE, OUTSIDE), netns: alive(INSIDE) }), {
    removeNetns: false,
    addNetns: false,
    host: ["link set dev br0b mtu 1500", JOIN],
    netns: INSIDE_LINES,
  });
});

Deno.test("planUp() puts a pair that has fallen off the bridge back on it", () => {
  const off = { ...OUTSIDE, master: undefined };
  const plan = planUp(NAMES, { host: host(BRIDGE, off), netns: alive(INSIDE) });
  assert.deepEqual(plan.host, ["link set dev br0b mtu 1500", JOIN]);
});

Deno.test("planUp() repairs what is half there", () => {
  const lonely = { ...OUTSIDE, peerIndex: 99 };
  const cases: [string, Map<string, Link>, NetnsState, string[]][] = [
    ["a namespace without a pair", host(BRIDGE), alive(), [ADD, JOIN]],
    ["a pair whose namespace is gone", host(BRIDGE, OUTSIDE), ABSENT, ["link delete dev br0b", ADD, JOIN]],
    ["an end outside whose other half is elsewhere", host(BRIDGE, lonely), alive(), [
      "link delete dev br0b",
      ADD,
      JOIN,
    ]],
    ["an end that was not moved inside", host(BRIDGE, INSIDE), alive(), ["link delete dev br0a", ADD, JOIN]],
  ];
  for (const [what, devices, netns, lines] of cases) {
    const plan = planUp(NAMES, { host: devices, netns });
    assert.deepEqual([plan.host, plan.netns], [lines, INSIDE_LINES], what);
    assert.deepEqual([plan.removeNetns, plan.addNetns], [false, netns.state === "absent"], what);
  }
});

Deno.test("planUp() removes two ends that are not each other's one by one", () => {
  const devices = host(BRIDGE, { ...OUTSIDE, peerIndex: 51 }, { ...INSIDE, peerIndex: 52 });
  const { host: lines } = planUp(NAMES, { host: devices, netns: alive() });
  assert.deepEqual(lines, ["link delete dev br0b", "link delete dev br0a", ADD, JOIN]);
});

Deno.test("planUp() replaces the file of a namespace that does not work", () => {
  const plan = planUp(NAMES, { host: host(BRIDGE), netns: BROKEN });
  assert.deepEqual([plan.removeNetns, plan.addNetns], [true, true]);
  assert.deepEqual(plan.host, [ADD, JOIN]);
});

Deno.test("planUp() gives both ends the bridge's MTU", () => {
  const bridge = { ...BRIDGE, mtu: 9000 };
  const fresh = planUp(NAMES, { host: host(bridge), netns: ABSENT });
  assert.equal(fresh.host[0], ADD.replaceAll("mtu 1500", "mtu 9000"));
  const there = planUp(NAMES, { host: host(bridge, OUTSIDE), netns: alive(INSIDE) });
  assert.deepEqual([there.host[0], there.netns[0]], ["link set dev br0b mtu 9000", "link set dev br0a mtu 9000"]);
});

Deno.test("planUp() gives each bridge's end an address of its own that no bridge takes over", () => {
  const addresses = ["br0", "br1", "br10", "onebr.12", "0", "virbr0"].map((name) => {
    const names = namesOf(parseBridgeName(name));
    const plan = planUp(names, { host: host({ ...BRIDGE, name }), netns: ABSENT });
    return / address (\S+) /.exec(plan.host[0] ?? "")?.[1] ?? "";
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
    [link("br0b", 8), /^The device br0b is not ours: it is a physical device$/],
    [{ ...INSIDE, kind: "tun" }, /^The device br0a is not ours: it is tun$/],
    [{ ...INSIDE, master: "br1" }, /^The device br0a is not ours: it is veth on br1$/],
  ];
  for (const [device, message] of foreign) {
    for (const netns of [ABSENT, BROKEN, alive(), alive(INSIDE)]) {
      assert.throws(() => planUp(NAMES, { host: host(BRIDGE, device), netns }), (error) => {
        return error instanceof KernelStateError && message.test(error.message);
      });
    }
  }
});

Deno.test("planDown() removes the pair by name, whether the bridge is there or not", () => {
  assert.deepEqual(planDown(NAMES, host(BRIDGE, OUTSIDE)), ["link delete dev br0b"]);
  assert.deepEqual(planDown(NAMES, host({ ...OUTSIDE, master: undefined })), ["link delete dev br0b"]);
});

Deno.test("planDown() has nothing to do where nothing of ours is", () => {
  for (const devices of [host(), host(BRIDGE), host(BRIDGE, { ...OUTSIDE, kind: "dummy" })]) {
    assert.deepEqual(planDown(NAMES, devices), []);
  }
});
