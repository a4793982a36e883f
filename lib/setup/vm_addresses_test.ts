import assert from "node:assert/strict";
import fc from "fast-check";
import { type BridgeName, parseBridgeName } from "../names.ts";
import { findStarting } from "./find_starting.ts";
import { finderOf, parseVmAddresses, type VmAddress, withoutVm, withVm } from "./vm_addresses.ts";
import type { Nic } from "./vm_xml.ts";

const BR0 = parseBridgeName("br0");
const BR1 = parseBridgeName("br1");
const VNET = { name: "vnet0", id: "7" };

function nic(address?: string, bridge: BridgeName = BR0, network: Nic["network"] = VNET): Nic {
  return { id: "0", bridge, network, ownPorts: [], ...(address === undefined ? {} : { address }) };
}

Deno.test("an address belongs to the VM that had it at the time, and to none before, between and after", () => {
  const coming = withVm([], 42, [nic("10.0.0.2")], 100, 1);
  const gone = withoutVm(coming, 42, [nic("10.0.0.2")], 200);
  const find = finderOf(withVm(gone, 43, [nic("10.0.0.2")], 300, 1));
  const at = (time: number, bridge: BridgeName = BR0) => find(bridge, "10.0.0.2", time)?.vm;
  assert.deepEqual([99, 100, 199, 200, 299, 300, 1e15].map((time) => at(time)), [
    ...[undefined, 42, 42, undefined, undefined, 43, 43],
  ]);
  assert.equal(at(150, BR1), undefined);
  assert.deepEqual(find(BR0, "10.0.0.2", 150), { vm: 42, network: "vnet0" });
  assert.equal(find(BR0, "10.0.0.3", 150), undefined);
});

Deno.test("a VM that is seen again has its address since the first time; another one takes it over", () => {
  const once = withVm([], 42, [nic("10.0.0.2")], 100, 1);
  const again = withVm(once, 42, [nic("10.0.0.2"), nic()], 200, 2);
  assert.deepEqual(again.map(({ vm, since, until }) => [vm, since, until]), [[42, 100, undefined]]);
  assert.equal(finderOf(again)(BR0, "10.0.0.2", 150)?.vm, 42);
  const taken = withVm(once, 43, [nic("10.0.0.2")], 300, 3);
  assert.deepEqual(taken.map(({ vm, since, until }) => [vm, since, until]), [[42, 100, 300], [43, 300, undefined]]);
  assert.deepEqual(withoutVm(taken, 42, [nic("10.0.0.2")], 400), taken, "it is not its own any more");
});

Deno.test("a VM counts as starting for a minute, on its own bridge, unless it has gone", () => {
  const known = withVm([], 42, [nic("10.0.0.2")], 1_000, 5);
  assert.deepEqual([5, 64, 65].map((uptime) => findStarting(known, BR0, uptime)), [42, 42, undefined]);
  // Nobody has heard that it had gone.
  const again = parseVmAddresses(JSON.stringify(withVm(known, 42, [nic("10.0.0.2")], 70_000, 75))) ?? [];
  assert.deepEqual([134, 135].map((uptime) => findStarting(again, BR0, uptime)), [42, undefined]);
  assert.equal(findStarting(known, BR1, 5), undefined);
  assert.equal(findStarting(withoutVm(known, 42, [nic("10.0.0.2")], 2_000), BR0, 6), undefined);
});

Deno.test("a VM counts as starting for a minute also if the clock is set meanwhile", () => {
  for (const now of [0, 1e15]) {
    const known = withVm(withVm([], 42, [nic("10.0.0.2")], 1_000, 5), 42, [nic("10.0.0.2")], now, 100);
    assert.deepEqual([100, 159, 160].map((uptime) => findStarting(known, BR0, uptime)), [42, 42, undefined]);
  }
});

Deno.test("a VM that a former version has noted, by the clock, does not count as starting for ever", () => {
  const former = { bridge: BR0, address: "10.0.0.2", vm: 42, since: 1_700_000_000_000 };
  assert.equal(findStarting([former, { ...former, started: 1_700_000_000_000 }], BR0, 5), undefined);
});

Deno.test("a NIC that is detached takes its address along, and leaves the others", () => {
  const both = withVm([], 42, [nic("10.0.0.2"), nic("10.0.1.2", BR1)], 100, 1);
  const find = finderOf(withoutVm(both, 42, [nic("10.0.1.2", BR1)], 200));
  assert.deepEqual([find(BR0, "10.0.0.2", 300)?.vm, find(BR1, "10.0.1.2", 300)?.vm], [42, undefined]);
});

Deno.test("the network is its name, or its ID, or nothing; and can't move a cursor", () => {
  const networks = [VNET, { id: "7" }, { name: "" }, { name: "a\x1b[2J" + "b".repeat(200) }];
  const named = withVm([], 42, networks.map((network, i) => nic(`10.0.0.${i}`, BR0, network)), 1, 1);
  assert.deepEqual(named.map(({ network }) => network), ["vnet0", "7", undefined, "a\ufffd[2J" + "b".repeat(123)]);
  assert.deepEqual(parseVmAddresses(JSON.stringify(named)), named);
});

Deno.test("what nobody has any more is forgotten first, and never more is kept than fits", () => {
  let known: VmAddress[] = withVm([], 1, [nic("10.0.0.1")], 1, 1);
  for (let vm = 2; vm < 2_500; vm++) {
    const own = [nic(`10.1.${vm >> 8}.${vm & 255}`)];
    known = withoutVm(withVm(known, vm, own, vm, 1), vm, own, vm + 1);
  }
  assert.equal(known.length, 2_000);
  const find = finderOf(known);
  assert.equal(find(BR0, "10.0.0.1", 1)?.vm, 1);
  assert.equal(find(BR0, "10.1.0.2", 2)?.vm, undefined);
  assert.equal(find(BR0, `10.1.${2_499 >> 8}.${2_499 & 255}`, 2_499)?.vm, 2_499);
});

Deno.test("parseVmAddresses() takes nothing that is not well formed, and never throws", () => {
  const good = { bridge: "br0", address: "10.0.0.2", vm: 42, network: "vnet0", since: 1, until: 2 };
  const bad = [
    ...[{ bridge: "br 0" }, { address: "10.0.0" }, { vm: "42" }, { vm: -1 }, { since: "1" }, { until: null }, {
      started: -1,
    }],
    ...[{ network: 7 }, { network: "a\nb" }, { network: "x".repeat(129) }],
  ].map((wrong) => ({ ...good, ...wrong }));
  assert.deepEqual(parseVmAddresses(JSON.stringify([null, ...bad, good])), [good]);
  for (const text of ["", "{}", "null", "[1"]) assert.equal(parseVmAddresses(text), undefined);
  fc.assert(fc.property(fc.json(), (text) => void parseVmAddresses(text)));
});
