/**
 * Only the proxy has its address: no guest and no machine beyond the uplink can take it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { arp, EVERYBODY, exchange, frame } from "./lab/frames.ts";
import type { Host } from "./lab/host.ts";
import { ADDRESS, knownMac, proxyMac, reach, receives, tunnelTo, withMallory, withNeighbour } from "./lab/layer2.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, fetchFrom, inLab, makeHypervisor, makeScenario, served } from "./lab/scenario.ts";
import { NO_VM } from "./vm/missing.ts";

// What needs tcpdump is not for a user namespace.

/** Makes a host claim the address and the proxy's MAC address, and announce it. */
async function impersonate(host: Host, device: string, mac?: string): Promise<void> {
  await host.ip(
    `link set dev ${device} down`,
    ...(mac === undefined ? [] : [`link set dev ${device} address ${mac}`]),
    `address replace ${ADDRESS}/32 dev ${device}`,
    `link set dev ${device} up`,
  );
  await host.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=0"]);
}

/** Sends announcements and unasked-for answers for the address, as a host that takes it over does. */
async function shout(host: Host, device: string): Promise<void> {
  for (const mode of ["-U", "-A"]) await host.run(["arping", "-q", mode, "-c", "1", "-I", device, ADDRESS]);
}

Deno.test(
  "a guest that claims and announces the address gets no other guest's requests",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    await impersonate(mallory, "eth0");
    await guest.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_accept=1"]);
    for (let i = 0; i < 3; i++) {
      await guest.run(["ip", "neigh", "flush", "all"]);
      await shout(mallory, "eth0");
      await assertServed(guest);
      assert.equal(await knownMac(guest), await proxyMac(hv));
    }
  }),
);

Deno.test(
  "without the rules such a guest gets them",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"]);
    await impersonate(mallory, "eth0");
    await guest.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_accept=1"]);
    await fetchFrom(guest, "/who");
    await until("the guest believes it", async () => {
      await shout(mallory, "eth0");
      return await knownMac(guest) !== await proxyMac(hv);
    });
  }),
);

Deno.test(
  "a guest with the proxy's MAC address gets no other guest's frames",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const mac = await proxyMac(hv);
    await impersonate(mallory, "eth0", mac);
    await shout(mallory, "eth0");
    await mallory.run(["ping", "-c", "2", "-W", "1", "192.168.150.10"]);
    const learnt = await hv.host.text(["bridge", "fdb", "show", "br", "br0"]);
    assert.doesNotMatch(learnt, new RegExp(`${mac} dev one-`), "the bridge has learnt it at a guest's port");
    await assertServed(guest);
  }),
);

Deno.test(
  "IPv4 packets from the address come only from the proxy",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { guest, mallory } = await withMallory(lab);
    await impersonate(mallory, "eth0");
    const spoof = () => mallory.run(["ping", "-c", "2", "-W", "1", "-I", ADDRESS, "192.168.150.10"]);
    const seen = await receives(guest, "eth0", "icmp", async () => {
      await spoof();
      await reach(mallory, "192.168.150.10");
    });
    assert.match(seen, /192\.168\.150\.66 > 192\.168\.150\.10/);
    assert.doesNotMatch(seen, /169\.254\.16\.9 >/);
  }),
);

Deno.test(
  "a machine beyond the uplink can neither use the proxy nor be taken for it",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await withNeighbour(lab);
    const mac = await proxyMac(hv);
    const attempt = async () => {
      const { code } = await neighbour.run(["curl", "-sS", "--max-time", "2", `http://${ADDRESS}:5030/who`]);
      assert.ok(code === 7 || code === 28, `curl exited with ${code}`);
    };
    await attempt();
    // A packet does not get through even from a host that knows the MAC address.
    await neighbour.ip(`neigh replace ${ADDRESS} lladdr ${mac} dev vx12 nud permanent`);
    const inNetns = ["ip", "netns", "exec", "one_tproxy_br0"];
    const seen = await receives(hv.host, "br0a", "tcp", async () => {
      await attempt();
      await fetchFrom(guest, "/who");
    }, inNetns);
    assert.match(seen, /192\.168\.150\.10\.\d+ > 169\.254\.16\.9\.5030/, "the capture saw nothing at all");
    assert.doesNotMatch(seen, /192\.168\.150\.77/);
    await impersonate(neighbour, "vx12");
    await guest.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_accept=1"]);
    await shout(neighbour, "vx12");
    await guest.run(["ip", "neigh", "flush", "all"]);
    await shout(neighbour, "vx12");
    await assertServed(guest);
    assert.equal(await knownMac(guest), mac);
  }),
);

Deno.test(
  "a device that joins the bridge after setup is an uplink, and a guest's port that does is a guest's",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const neighbour = await lab.service("neighbour", "10.11.12.66");
    await hv.host.ip(tunnelTo("10.11.12.66"), "link set dev vx12 master br0 up");
    await neighbour.ip(tunnelTo("10.11.12.1"), "address add 192.168.150.77/24 dev vx12", "link set dev vx12 up");
    await neighbour.ip(
      `route add ${ADDRESS} dev vx12`,
      `neigh replace ${ADDRESS} lladdr ${await proxyMac(hv)} dev vx12 nud permanent`,
    );
    const attempt = async () => {
      const { stdout } = await neighbour.run(["curl", "-sS", "--max-time", "2", `http://${ADDRESS}:5030/who`]);
      return stdout;
    };
    await reach(neighbour, "192.168.150.10");
    assert.equal(await attempt(), "");
    const late = await lab.guest("late", hv, "br0", "192.168.150.11");
    for (const host of [guest, late]) await assertServed(host);
    // Without the rules it is served, so the rules are the reason.
    await hv.host.text(["nft", "delete", "table", "bridge", "one_tproxy"]);
    assert.equal(await attempt(), "gate 10.11.12.1\n");
  }),
);

Deno.test(
  "a virtual machine's tap device that joins the bridge after setup is a guest's port",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.host.ip("tuntap add dev one-7-0 mode tap", "link set dev one-7-0 master br0 up");
    const own = { mac: "02:00:c0:a8:96:07", ip: "192.168.150.7" };
    const question = frame(EVERYBODY, own.mac, [], arp("request", own, { mac: "00:00:00:00:00:00", ip: ADDRESS }));
    const proxy = { mac: await proxyMac(hv), ip: ADDRESS };
    assert.equal(
      await exchange(hv.host, "one-7-0", question, proxy.mac),
      frame(own.mac, proxy.mac, [], arp("reply", proxy, own)),
    );
  }),
);

Deno.test(
  "the proxy's MAC address never leaves the hypervisor",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await withNeighbour(lab);
    const mac = await proxyMac(hv);
    const seen = await receives(neighbour, "vx12", `ether host ${mac} or icmp`, async () => {
      // Frames that go to every port: requests, and what IPv6 sends when a device comes up.
      for (const state of ["down", "up"]) {
        await hv.host.text(["ip", "-n", "one_tproxy_br0", "link", "set", "br0a", state]);
      }
      await hv.up("br0");
      await guest.run(["ip", "neigh", "flush", "all"]);
      await fetchFrom(guest, "/who");
      await hv.host.run(["ip", "netns", "exec", "one_tproxy_br0", "ping", "-c1", "-W1", "192.168.150.77"]);
      await hv.host.run(["ip", "netns", "exec", "one_tproxy_br0", "ping", "-6", "-c1", "-W1", "ff02::1%br0a"]);
      await reach(guest, "192.168.150.77");
    });
    assert.match(seen, /192\.168\.150\.10 > 192\.168\.150\.77/, "the capture saw nothing at all");
    assert.doesNotMatch(seen, new RegExp(mac));
  }),
);

Deno.test(
  "a guest keeps its neighbour entry and its service when it moves to the other hypervisor",
  inLab(async (lab) => {
    const { hv: one, guest } = await makeScenario(lab);
    const two = await makeHypervisor(lab, CONFIG, 2);
    for (const hv of [one, two]) await hv.serve("br0");
    await assertServed(guest);
    await guest.ip(`neigh replace ${ADDRESS} lladdr ${await proxyMac(one)} dev eth0 nud permanent`);
    await lab.move(guest, one, two, "br0");
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.2\n");
  }),
);

Deno.test(
  "guests can't send through the namespace to one another",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    await hv.host.text(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]);
    await hv.down("br0");
    await hv.up("br0");
    // To an address of the other guest that can be reached only through the proxy.
    await guest.ip("address add 192.0.2.1/32 dev lo");
    await mallory.ip(`route add 192.0.2.1 via ${ADDRESS} dev eth0 onlink`);
    const seen = await receives(guest, "eth0", "icmp", async () => {
      await mallory.run(["ping", "-c1", "-W1", "192.0.2.1"]);
      await reach(mallory, "192.168.150.10");
    });
    assert.match(seen, /192\.168\.150\.66 > 192\.168\.150\.10/);
    assert.doesNotMatch(seen, /192\.0\.2\.1/);
  }),
);

Deno.test(
  "a service is reached through a bridge with an uplink, a long name, dots and dashes",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    for (const [i, bridge] of ["br0.100", "onebr12", "one-br_0.12345x", "abcdefghijklmno"].entries()) {
      await hv.bridge(bridge);
      const guest = await lab.guest(`guest-${i}`, hv, bridge, "192.168.150.10");
      await hv.up(bridge);
      await hv.control("start");
      await assertServed(guest, 5030, bridge);
      await hv.down(bridge);
    }
    await hv.control("start");
    assert.equal((await hv.tproxy("status")).code, 3);
  }),
);
