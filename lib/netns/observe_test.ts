import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { parseLinks } from "./observe.ts";

Deno.test("parseLinks() takes from what ip lists what matters here", () => {
  const json = JSON.stringify([
    { ifindex: 1, ifname: "lo", flags: ["LOOPBACK"], mtu: 65536, operstate: "UNKNOWN", link_type: "loopback" },
    { ifindex: 2, ifname: "br0", mtu: 1500, linkinfo: { info_kind: "bridge", info_data: { stp_state: 0 } } },
    {
      ifindex: 8,
      link_index: 7,
      ifname: "br0b",
      mtu: 1500,
      master: "br0",
      link_netnsid: 0,
      linkinfo: { info_kind: "veth", info_slave_kind: "bridge" },
    },
  ]);
  const nothing = { peerIndex: undefined, kind: undefined, master: undefined };
  const found = parseLinks(json).map(({ name, index, peerIndex, kind, master, mtu }) => {
    return { name, index, peerIndex, kind, master, mtu };
  });
  assert.deepEqual(found, [
    { ...nothing, name: "lo", index: 1, mtu: 65536 },
    { ...nothing, name: "br0", index: 2, kind: "bridge", mtu: 1500 },
    { name: "br0b", index: 8, peerIndex: 7, kind: "veth", master: "br0", mtu: 1500 },
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
