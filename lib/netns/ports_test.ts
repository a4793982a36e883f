import assert from "node:assert/strict";
import fc from "fast-check";
import { BRIDGE, link, NAMES, OUTSIDE } from "../../tests/fixtures/links.ts";
import { guestPortsOf, uplinksOf } from "./ports.ts";

/** A port of br0 of some kind; `undefined` is a physical device. */
function port(name: string, kind: string | undefined, master = "br0") {
  return link(name, 20, { kind, master });
}

const UPLINKS = [port("eth1.12", "vlan"), port("vxlan9", "vxlan"), port("eth1", undefined), port("bond0", "bond")];
const GUESTS = [port("one-9-0", "tun"), port("one-42-0", "tun"), port("lxc7", "veth")];
const ELSEWHERE = [port("eth2", undefined, "br1"), port("one-1-0", "tun", "br1"), link("eth0", 3)];
const ALL = [...GUESTS, BRIDGE, ...UPLINKS, OUTSIDE, ...ELSEWHERE];

Deno.test("uplinksOf() finds the ports that are neither taps nor veth ends, in order", () => {
  assert.deepEqual(uplinksOf(ALL, "br0"), ["bond0", "eth1", "eth1.12", "vxlan9"]);
});

Deno.test("uplinksOf() finds none on a bridge that is cut off, or gone", () => {
  assert.deepEqual(uplinksOf([BRIDGE, OUTSIDE, ...GUESTS, ...ELSEWHERE], "br0"), []);
  assert.deepEqual(uplinksOf([], "br0"), []);
});

Deno.test("guestPortsOf() finds taps and veth ends, but not the proxy's own end, in order", () => {
  assert.deepEqual(guestPortsOf(ALL, NAMES.bridge), ["lxc7", "one-42-0", "one-9-0"]);
});

Deno.test("guestPortsOf() leaves out the ports that it is told do not count", () => {
  assert.deepEqual(guestPortsOf(ALL, NAMES.bridge, ["one-42-0", "lxc7", "eth1", "nothing"]), ["one-9-0"]);
});

Deno.test("uplinksOf() and guestPortsOf() share out every port of a bridge but the proxy's own end", () => {
  const kinds = fc.constantFrom("tun", "veth", "vlan", "vxlan", "bond", "dummy", "team", undefined);
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9.]{0,10}$/).filter((name) => name !== "br0b"));
  fc.assert(fc.property(names, fc.infiniteStream(kinds), (names, kinds) => {
    const ports = names.map((name) => port(name, kinds.next().value));
    const links = [BRIDGE, OUTSIDE, ...ports, ...ELSEWHERE];
    const found = [...uplinksOf(links, "br0"), ...guestPortsOf(links, NAMES.bridge)];
    assert.deepEqual(found.toSorted(), names.toSorted());
  }));
});
