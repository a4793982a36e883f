/**
 * Another program's filter on the bridge, such as OpenNebula's security groups make for each interface of a VM.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "./lab/host.ts";
import { assertServed, entry, inLab, makeScenario, served } from "./lab/scenario.ts";

const PORTS = [81, 1234, 5030];
const CONFIG = ":tproxy:\n" + PORTS.map((port) => entry(port, "", 5030)).join("");

/** The part of the user document's example that concerns the proxy: nothing else leaves the guest's port. */
const SECURITY_GROUP = `table bridge security_groups {
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "one-0-0" jump one-0-0-out
    oifname "one-0-0" jump one-0-0-in
  }
  chain one-0-0-out {
    ether type arp accept
    ip protocol icmp accept
    tcp dport { 1234, 5030 } accept
    drop
  }
  chain one-0-0-in {
    ether type arp accept
    ip protocol icmp accept
    tcp flags & (syn | ack) == syn drop
  }
}
`;

/** Which of the configured ports the guest gets an answer from. */
async function answeringPorts(guest: Host): Promise<number[]> {
  const answers = await Promise.all(PORTS.map(async (port) => {
    const { code, stdout } = await guest.run(["curl", "-s", "--max-time", "4", `http://169.254.16.9:${port}/who`]);
    // 28: curl waited in vain, as it does for what a filter drops.
    assert.ok(code === 28 || stdout === "gate 10.11.12.1\n", `port ${port}: curl exited with ${code}`);
    return code === 0 ? [port] : [];
  }));
  return answers.flat();
}

Deno.test(
  "a security group that lets ports 1234 and 5030 out lets them reach the proxy, and no other, whoever came first",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG);
    assert.deepEqual(await answeringPorts(guest), PORTS);
    await hv.host.text(["nft", "-f", "-"], SECURITY_GROUP);
    assert.deepEqual(await answeringPorts(guest), [1234, 5030]);
    await hv.down("br0");
    await hv.serve("br0");
    assert.deepEqual(await answeringPorts(guest), [1234, 5030]);
    await hv.host.text(["nft", "delete", "table", "bridge", "security_groups"]);
    assert.deepEqual(await answeringPorts(guest), PORTS);
  }),
);

Deno.test(
  "a security group sees and decides as well where the guest has no route but its default route",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG);
    await lab.guest("gateway", hv, "br0", "192.168.150.1");
    await guest.ip("route delete 169.254.16.9 dev eth0", "route add default via 192.168.150.1");
    assert.deepEqual(await answeringPorts(guest), PORTS);
    await hv.host.text(["nft", "-f", "-"], SECURITY_GROUP);
    assert.deepEqual(await answeringPorts(guest), [1234, 5030]);
  }),
);

Deno.test(
  "setup and tproxy leave a security group as it is, whatever they do",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, CONFIG);
    await hv.host.text(["nft", "-f", "-"], SECURITY_GROUP);
    const listing = () => hv.host.text(["nft", "-a", "list", "table", "bridge", "security_groups"]);
    const before = await listing();
    for (
      const act of [() => hv.up("br0"), () => hv.control("start"), () => hv.up("br0"), () => hv.control("restart")]
    ) {
      await act();
      assert.equal(await listing(), before);
    }
    await assertServed(guest);
    for (const act of [() => hv.down("br0"), () => hv.control("start"), () => hv.down("br0")]) {
      await act();
      assert.equal(await listing(), before);
    }
    assert.equal(await hv.host.text(["nft", "list", "tables"]), "table bridge security_groups\n");
  }),
);
