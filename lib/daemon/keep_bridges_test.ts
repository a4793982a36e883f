import assert from "node:assert/strict";
import { BridgeKeeper } from "./keep_bridges.ts";

Deno.test("a line of the monitor is an event if something happened inside a namespace, or to a device of the host", () => {
  const lines: [string, boolean][] = [
    ["[nsid 0][ADDR]Deleted 2: br0    inet 169.254.16.9/32 scope global br0a", true],
    ["[nsid 12][ROUTE]Deleted default dev br0a scope link ", true],
    ["[nsid 3][NETCONF]inet all forwarding on ", true],
    ["[nsid 3][LINK]4: b4a@if6: <BROADCAST,MULTICAST> mtu 1400 qdisc noqueue state DOWN group default ", true],
    [
      "[nsid current][LINK]6: br0b@br0: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 master br0 state DOWN ",
      true,
    ],
    ["[nsid current][ADDR]6: br0    inet6 fe80::74d5:afff:fed6:9de8/64 scope link ", false],
    ["[nsid current][ROUTE]10.0.0.0/8 via 192.168.0.1 dev eth0 proto bgp ", false],
    ["       valid_lft forever preferred_lft forever", false],
    ["    link/ether 76:d5:af:d6:9d:e8", false],
    ["", false],
  ];
  for (const [line, expected] of lines) assert.equal(new BridgeKeeper().isEvent(line), expected, line);
});
