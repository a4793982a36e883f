import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { parseLinks } from "./observe.ts";

Deno.test("parseLinks() takes from what ip lists what matters here", () => {
  // ip names a veth's other half if it is in the same namespace, and gives its number if it is in another one.
  const moved = { link_index: 7, link_netnsid: 0, address: "fe:19:13:6f:7b:9f" };
  const json = JSON.stringify([
    { ifindex: 1, ifname: "lo", flags: ["LOOPBACK"], mtu: 65536, operstate: "UNKNOWN", link_type: "loopback" },
    {
      ifindex: 2,
      ifname: "br0",
      flags: ["UP", "LOWER_UP"],
      mtu: 1500,
      linkinfo: { info_kind: "bridge", info_data: { stp_state: 0, vlan_filtering: 1 } },
    },
    { ifindex: 5, ifname: "br1a", link: "br1b", mtu: 9000, linkinfo: { info_kind: "veth" } },
    { ifindex: 8, ifname: "br0b", master: "br0", mtu: 1500, linkinfo: { info_kind: "veth" }, ...moved },
  ]);
  const nothing = {
    ...{ peerIndex: undefined, peerName: undefined, kind: undefined, master: undefined, address: undefined },
    ...{ vlanFiltering: false, stp: false, up: false, carrier: false, peerNetns: undefined },
  };
  assert.deepEqual(parseLinks(json), [
    { ...nothing, name: "lo", index: 1, mtu: 65536 },
    { ...nothing, name: "br0", index: 2, kind: "bridge", mtu: 1500, vlanFiltering: true, up: true, carrier: true },
    { ...nothing, name: "br1a", index: 5, peerName: "br1b", kind: "veth", mtu: 9000 },
    {
      ...nothing,
      name: "br0b",
      index: 8,
      peerIndex: 7,
      peerNetns: 0,
      kind: "veth",
      master: "br0",
      address: moved.address,
      mtu: 1500,
    },
  ]);
});

Deno.test("parseLinks() takes an empty list for a namespace without devices", () => {
  assert.deepEqual(parseLinks("[]"), []);
});

Deno.test("parseLinks() never takes what is not a listing for one without devices", () => {
  const wrong = ["", "[", "null", "{}", "7", "[null]", "[[]]", "[{}]", '[{"ifname":"a","ifindex":1}]'];
  for (const text of [...wrong, '[{"ifname":7,"ifindex":1,"mtu":1500}]', '[{"ifname":"a","ifindex":"1","mtu":1500}]']) {
    assert.throws(() => parseLinks(text), KernelStateError, text);
  }
});
