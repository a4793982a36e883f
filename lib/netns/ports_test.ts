import assert from "node:assert/strict";
import { BRIDGE, link, NAMES, OUTSIDE } from "../../tests/fixtures/links.ts";
import { guestPortsOf } from "./ports.ts";

/** A port of br0. A physical device has the kind `undefined`. */
function port(name: string, kind: string | undefined, master = "br0") {
  return link(name, 20, { kind, master });
}

const UPLINKS = [port("eth1.12", "vlan"), port("vxlan9", "vxlan"), port("eth1", undefined), port("bond0", "bond")];
const GUESTS = [port("one-9-0", "tun"), port("one-42-0", "tun"), port("lxc7", "veth")];
const ELSEWHERE = [port("eth2", undefined, "br1"), port("one-1-0", "tun", "br1"), link("eth0", 3)];
const ALL = [...GUESTS, BRIDGE, ...UPLINKS, OUTSIDE, ...ELSEWHERE];

Deno.test("guestPortsOf() finds taps and veth ends, but not the proxy's own end, in order", () => {
  assert.deepEqual(guestPortsOf(ALL, NAMES.bridge), ["lxc7", "one-42-0", "one-9-0"]);
});

Deno.test("guestPortsOf() leaves out the ports that it is told do not count", () => {
  assert.deepEqual(guestPortsOf(ALL, NAMES.bridge, ["one-42-0", "lxc7", "eth1", "nothing"]), ["one-9-0"]);
});
