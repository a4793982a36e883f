/**
 * Nobody but the proxy has its address: not a guest, not a machine on the other side of the uplink.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "./lab/command.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, fetchFrom, inLab, makeScenario } from "./lab/scenario.ts";

const ADDRESS = "169.254.16.9";

// tcpdump, which some tests need, gives up in a user namespace: there is no other user to become.

/** Makes a host claim the address and the proxy's MAC address, and shout it out. */
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

async function proxyMac(hv: Hypervisor): Promise<string> {
  const [link] = JSON.parse(await hv.host.text(["ip", "-n", "one_tproxy_br0", "-j", "link", "show", "dev", "br0a"]));
  return link.address;
}

async function knownMac(guest: Host): Promise<string | undefined> {
  const [entry] = JSON.parse(await guest.text(["ip", "-j", "neigh", "show", ADDRESS]));
  return entry?.lladdr;
}

/** Tells what arrives at a device while something is done; `where` enters a namespace of the host. */
async function receives(
  host: Host,
  device: string,
  filter: string,
  act: () => Promise<unknown>,
  where: string[] = [],
): Promise<string> {
  const tcpdump = ["tcpdump", "-n", "-e", "-l", "--immediate-mode", "-Z", "root", "-Q", "in", "-i", device, filter];
  const capture = host.start([...where, ...tcpdump]);
  await until("the capture is on", () => Promise.resolve(capture.output.includes("listening on")));
  await act();
  capture.signal("SIGINT");
  await capture.ended();
  return capture.output.split("\n").filter((line) => /^\d\d:/.test(line)).join("\n");
}

/** A second guest on the bridge, up to no good. */
async function withMallory(lab: Lab) {
  const { hv, guest } = await makeScenario(lab);
  const mallory = await lab.guest("mallory", hv, "br0", "192.168.150.66");
  await hv.up("br0");
  await hv.control("start");
  return { hv, guest, mallory };
}

Deno.test(
  "a guest that claims the address, loudly, takes no other guest's requests",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    await impersonate(mallory, "eth0");
    await guest.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_accept=1"]);
    for (let i = 0; i < 3; i++) {
      await guest.run(["ip", "neigh", "flush", "all"]);
      await shout(mallory, "eth0");
      assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
      assert.equal(await knownMac(guest), await proxyMac(hv));
    }
  }),
);

Deno.test(
  "without the rules such a guest does take them",
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
  "a guest with the proxy's MAC address draws no other guest's frames to itself",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const mac = await proxyMac(hv);
    await impersonate(mallory, "eth0", mac);
    await shout(mallory, "eth0");
    await mallory.run(["ping", "-c", "2", "-W", "1", "192.168.150.10"]);
    const learnt = await hv.host.text(["bridge", "fdb", "show", "br", "br0"]);
    assert.doesNotMatch(learnt, new RegExp(`${mac} dev one-`), "the bridge has learnt it at a guest's port");
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  }),
);

Deno.test(
  "IPv4 packets from the address come from nobody but the proxy",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { guest, mallory } = await withMallory(lab);
    await impersonate(mallory, "eth0");
    const spoof = () => mallory.run(["ping", "-c", "2", "-W", "1", "-I", ADDRESS, "192.168.150.10"]);
    const honest = () => mallory.run(["ping", "-c", "1", "-W", "1", "192.168.150.10"]);
    const seen = await receives(guest, "eth0", "icmp", async () => {
      await spoof();
      await honest();
    });
    assert.match(seen, /192\.168\.150\.66 > 192\.168\.150\.10/);
    assert.doesNotMatch(seen, /169\.254\.16\.9 >/);
  }),
);

/** Joins br0 with a machine elsewhere by VXLAN, which is an uplink, and puts that machine on the same layer 2. */
async function withNeighbour(lab: Lab) {
  const { hv, guest } = await makeScenario(lab);
  const neighbour = await lab.service("neighbour", "10.11.12.66");
  const tunnel = (remote: string) => `link add name vx12 type vxlan id 12 dstport 4789 remote ${remote} dev eth0`;
  await hv.host.ip(tunnel("10.11.12.66"), "link set dev vx12 master br0 up");
  await neighbour.ip(
    tunnel("10.11.12.1"),
    "address add 192.168.150.77/24 dev vx12",
    "link set dev vx12 up",
    "route add 169.254.16.9 dev vx12",
  );
  await hv.up("br0");
  await hv.control("start");
  await until(
    "the tunnel works",
    async () => (await neighbour.run(["ping", "-c1", "-W1", "192.168.150.10"])).code === 0,
  );
  return { hv, guest, neighbour };
}

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
    // Even one that knows where to send it does not get a packet through.
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
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    assert.equal(await knownMac(guest), mac);
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
      await guest.run(["ping", "-c1", "-W1", "192.168.150.77"]);
    });
    assert.match(seen, /192\.168\.150\.10 > 192\.168\.150\.77/, "the capture saw nothing at all");
    assert.doesNotMatch(seen, new RegExp(mac));
  }),
);

Deno.test(
  "a guest keeps its neighbour entry and its service when it moves to the other hypervisor",
  inLab(async (lab) => {
    const { hv: one, guest } = await makeScenario(lab);
    const two = await lab.hypervisor("hv2", "10.11.12.2");
    await two.configure(CONFIG);
    await two.bridge("br0");
    for (const hv of [one, two]) {
      await hv.up("br0");
      await hv.control("start");
    }
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
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
    // To an address of the other guest that only the proxy could lead to.
    await guest.ip("address add 192.0.2.1/32 dev lo");
    await mallory.ip(`route add 192.0.2.1 via ${ADDRESS} dev eth0 onlink`);
    const seen = await receives(guest, "eth0", "icmp", async () => {
      await mallory.run(["ping", "-c1", "-W1", "192.0.2.1"]);
      await mallory.run(["ping", "-c1", "-W1", "192.168.150.10"]);
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
      assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n", bridge);
      await hv.down(bridge);
    }
    await hv.control("start");
    assert.equal((await hv.tproxy("status")).code, 3);
  }),
);
