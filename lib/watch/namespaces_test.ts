import assert from "node:assert/strict";
import { namespaceIn, nextAfter } from "./namespaces.ts";

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
