import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "./errors.ts";
import { parseBridgeName } from "./names.ts";
import { bridgeOfMap, namesOf } from "./names_of.ts";

const bridgeNames = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,13}$/);

Deno.test("namesOf() gives the names that the network drivers know", () => {
  assert.deepEqual(namesOf(parseBridgeName("br0")), {
    bridge: "br0",
    bridgeEnd: "br0b",
    netnsEnd: "br0a",
    bridgeEndMac: "fe:19:13:6f:7b:9f",
    netnsEndMac: "12:19:13:6f:7b:9f",
    netns: "one_tproxy_br0",
    netnsPath: "/run/netns/one_tproxy_br0",
    map: "ep_br0",
    chain: "ch_br0",
    guardChain: "guard_br0",
    portChain: "port_br0",
    senderChain: "sender_br0",
    redirectChain: "redirect_br0",
    redirected: "redirected_br0",
    formerSets: ["senders_br0", "newcomers_br0"],
    copySet: "record_br0",
    stringDir: "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0",
    socket: "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket",
  });
});

Deno.test("namesOf() keeps device names within the 15 characters that Linux allows", () => {
  fc.assert(fc.property(bridgeNames, (name) => {
    const { bridgeEnd, netnsEnd } = namesOf(parseBridgeName(name));
    assert.ok(bridgeEnd.length <= 15 && netnsEnd.length <= 15);
  }));
});

Deno.test("namesOf() keeps a bridge's socket inside its folder, whatever the bridge is called", () => {
  fc.assert(fc.property(bridgeNames, (name) => {
    const { stringDir, socket } = namesOf(parseBridgeName(name));
    assert.equal(new URL(socket, "file:///").pathname, socket);
    assert.equal(socket.slice(0, socket.lastIndexOf("/")), stringDir);
  }));
});

Deno.test("namesOf() cuts a name of 15 characters for the veth ends, always the same way and for no two alike", () => {
  const ends = (name: string) => namesOf(parseBridgeName(name)).bridgeEnd;
  assert.equal(ends("abcdefghijklmno"), "abcdefg~7199a7b");
  const names = Array.from({ length: 1000 }, (_, i) => `onebr-net-${String(i).padStart(5, "0")}`);
  assert.equal(new Set(names.map(ends)).size, names.length);
});

Deno.test("bridgeOfMap() finds the bridge of every map that namesOf() names", () => {
  fc.assert(fc.property(bridgeNames, (name) => {
    assert.equal(bridgeOfMap(namesOf(parseBridgeName(name)).map), name);
  }));
});

Deno.test("bridgeOfMap() passes over maps of others and refuses one named after no bridge", () => {
  for (const map of ["", "ep", "EP_br0", "services", "xep_br0"]) assert.equal(bridgeOfMap(map), undefined);
  for (const map of ["ep_", "ep_abcdefghijklmnop", "ep_a/b"]) assert.throws(() => bridgeOfMap(map), InputError);
});
