import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { NamespaceChooser, namespaceIn, nextAfter } from "./namespaces.ts";
import { pauseAfter } from "./quick_look.ts";

Deno.test("nextAfter() gives each its turn, also if some go and come", () => {
  const names = ["a", "b", "c", "d", "e"];
  assert.deepEqual(nextAfter(undefined, names, 2), ["a", "b"]);
  assert.deepEqual(nextAfter("b", names, 2), ["c", "d"]);
  assert.deepEqual(nextAfter("d", names, 2), ["e", "a"]);
  assert.deepEqual(nextAfter("e", names, 2), ["a", "b"]);
  assert.deepEqual(nextAfter("c", ["a", "b", "d"], 2), ["d", "a"]);
  assert.deepEqual(nextAfter("b", names, 9), ["c", "d", "e", "a", "b"]);
  assert.deepEqual(nextAfter("b", [], 2), []);
});

Deno.test("namespaceIn() reads what ip prints of changes in other namespaces", () => {
  const lines: [string, number | undefined][] = [
    ["[nsid 0]Deleted 2: br0    inet 169.254.16.9/32 scope global br0a", 0],
    ["[nsid 12]Deleted default dev br0a scope link ", 12],
    ["[nsid 3]inet all forwarding on ", 3],
    ["[nsid 3]4: b4a@if6: <BROADCAST,MULTICAST> mtu 1400 qdisc noqueue state DOWN group default ", 3],
    [
      "[nsid current]6: br0b@br0: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 master br0 state DOWN ",
      undefined,
    ],
    ["[nsid current]10.0.0.0/8 via 192.168.0.1 dev eth0 proto bgp ", undefined],
    ["       valid_lft forever preferred_lft forever", undefined],
    ["", undefined],
  ];
  for (const [line, expected] of lines) assert.equal(namespaceIn(line), expected, line);
});

/** The longest time between two looks into one namespace, and the most looks in one pass, in half an hour of passes. */
function rounds(count: number): { longestMs: number; most: number } {
  const bridges = Array.from({ length: count }, (_, i) => parseBridgeName(`br${i}`)).toSorted();
  // Every port has its carrier, so nothing but its turn brings a namespace into a pass.
  const links = new Map(bridges.map((bridge) => [`${bridge}b`, { carrier: true, peerNetns: 1 } as never]));
  const chooser = new NamespaceChooser();
  const lookedAt = new Map(bridges.map((bridge) => [bridge, 0]));
  let [longestMs, most] = [0, 0];
  for (let now = 0; now < 1_800_000; now += pauseAfter(true, count)) {
    const chosen = chooser.choose({ links }, bridges, new Set(), now);
    most = Math.max(most, chosen.size);
    for (const bridge of chosen) {
      longestMs = Math.max(longestMs, now - (lookedAt.get(bridge) ?? 0));
      lookedAt.set(bridge, now);
    }
  }
  return { longestMs, most };
}

Deno.test("each namespace has its turn within ten minutes, on a host with any number of bridges", () => {
  assert.deepEqual(rounds(10), { longestMs: 3_000, most: 10 });
  assert.deepEqual(rounds(30), { longestMs: 9_000, most: 10 });
  for (const count of [100, 250, 1_000]) {
    const { longestMs } = rounds(count);
    assert.ok(longestMs <= 600_000, `${count} bridges: ${longestMs} ms`);
  }
  assert.equal(rounds(250).most, 63);
});
