import assert from "node:assert/strict";
import { type BridgeName, parseBridgeName } from "../names.ts";
import type { DesiredBridge } from "./desired.ts";
import { innerPermissions, setupPermissions, toFlags, tproxyPermissions } from "./permissions.ts";
import { EXAMPLE_BRIDGE, type Grant, listCommands, listDaemons, renderGrants } from "./permissions_report.ts";

const [BR0, BR1] = [parseBridgeName("br0"), parseBridgeName("br1")];
const OWNER = { name: "oneproxy", uid: 9999, gid: 9999 };
const FILES = { runtime: "/x/deno", inner: "/x/inner.js", outer: "/x/outer.js" };

function served(...bridges: [BridgeName, string][]): Map<BridgeName, DesiredBridge> {
  return new Map(bridges.map(([bridge, remoteAddr]) => {
    return [bridge, { netns: 1, endpoints: [{ servicePort: 80, remoteAddr, remotePort: 8080 }] }];
  }));
}

function netOf(grant: Grant | undefined): string | undefined {
  return grant?.flags.find((flag) => flag.startsWith("--allow-net="));
}

Deno.test("listCommands() gives setup and tproxy the flags of their table, as root", () => {
  assert.deepEqual(listCommands("/a.conf", FILES), [
    { entrypoint: "setup", user: "root", flags: toFlags(setupPermissions("/a.conf")) },
    { entrypoint: "tproxy", user: "root", flags: toFlags(tproxyPermissions("/a.conf", FILES)) },
  ]);
});

Deno.test("listDaemons() lists outer with the remotes of all bridges, then each bridge's inner, as the owner", () => {
  const grants = listDaemons({ owner: OWNER, bridges: served([BR0, "10.0.0.1"], [BR1, "10.0.0.2"]) }, FILES);
  assert.deepEqual(grants.map(({ entrypoint, bridge, user }) => [entrypoint, bridge, user]), [
    ["outer", undefined, "oneproxy"],
    ["inner", BR0, "oneproxy"],
    ["inner", BR1, "oneproxy"],
  ]);
  assert.match(netOf(grants[0]) ?? "", /,10\.0\.0\.1:8080,10\.0\.0\.2:8080$/);
  assert.deepEqual(grants[2]?.flags, toFlags(innerPermissions(BR1)));
  assert.ok(!grants.some(({ flags }) => flags.join().includes(EXAMPLE_BRIDGE)));
});

Deno.test("listDaemons() takes an example for a bridge when there is none", () => {
  const [outer, inner, ...others] = listDaemons({ owner: OWNER, bridges: new Map() }, FILES);
  assert.equal(netOf(outer), "--allow-net=unix:/run/one_tproxy/<br>/outer.socket.next");
  assert.deepEqual([inner?.bridge, inner?.flags], ["<br>", toFlags(innerPermissions(EXAMPLE_BRIDGE))]);
  assert.deepEqual(others, []);
});

Deno.test("renderGrants() gives each program a paragraph and each flag a line", () => {
  const grants = [
    { entrypoint: "setup", user: "root", flags: ["--no-prompt", "--allow-run=/usr/sbin/ip"] },
    { entrypoint: "inner", bridge: BR0, user: "nobody", flags: ["--no-prompt"] },
  ] as const;
  assert.equal(
    renderGrants(grants),
    "setup, as root\n  --no-prompt\n  --allow-run=/usr/sbin/ip\n\ninner br0, as nobody\n  --no-prompt",
  );
});

Deno.test("renderGrants() says what the example stands for, and only then", () => {
  const note = /\n\nNo bridge has endpoints now: <br> stands for one\./;
  assert.match(renderGrants(listDaemons({ owner: OWNER, bridges: new Map() }, FILES)), note);
  assert.doesNotMatch(renderGrants(listDaemons({ owner: OWNER, bridges: served([BR0, "10.0.0.1"]) }, FILES)), note);
});
