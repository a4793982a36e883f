/**
 * A guest needs no route to the address: what it sends to a service by its default gateway goes to the proxy, and
 * nothing else does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { arp, dot1q, EVERYBODY, frame, sendFrames, syn, type Tag, udp } from "./lab/frames.ts";
import type { Host } from "./lab/host.ts";
import {
  ADDRESS,
  arrivals,
  type FrameFrom,
  macOf,
  proxyMac,
  reach,
  receives,
  withMallory,
  withNeighbour,
} from "./lab/layer2.ts";
import { REDIRECT_MAC } from "../lib/names.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, entry, inLab, isServed, makeGate, makeHypervisor, served } from "./lab/scenario.ts";

const INSIDE = ["ip", "netns", "exec", "one_tproxy_br0"];

/**
 * Takes a guest's route to the address away, and gives it the default route by a gateway; it believes no other way
 * back.
 */
async function routeBy(guest: Host, gateway: string): Promise<void> {
  await guest.ip(`route delete ${ADDRESS} dev eth0`, `route add default via ${gateway}`);
  for (const device of ["all", "eth0"]) {
    await guest.text(["sysctl", "-q", "-w", `net.ipv4.conf.${device}.rp_filter=1`]);
  }
}

Deno.test(
  "a guest is served by its default route alone, whoever its gateway is, and by both routes",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await hv.host.ip("address add 192.168.150.1/24 dev br0");
    await lab.guest("router", hv, "br0", "192.168.150.2");
    await routeBy(guest, "192.168.150.2");
    for (const gateway of ["192.168.150.2", "192.168.150.1"]) {
      await guest.ip(`route replace default via ${gateway}`);
      // The bridge has to find the proxy again.
      await hv.host.ip("link set dev br0 type bridge fdb_flush");
      await assertServed(guest, 5030, gateway);
    }
    await guest.ip(`route add ${ADDRESS} dev eth0`);
    await assertServed(guest);
    await guest.ip(`route delete ${ADDRESS} dev eth0`);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "redirect_br0"]);
    assert.equal(await isServed(guest), false);
  }),
);

Deno.test(
  "what a guest sends to a service by a gateway beyond the uplink does not leave the hypervisor",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await withNeighbour(lab);
    await routeBy(guest, "192.168.150.77");
    const leaves = (act: () => Promise<unknown>) => receives(neighbour, "vx12", `host ${ADDRESS} or icmp`, act);
    const seen = await leaves(async () => {
      await hv.host.ip("link set dev br0 type bridge fdb_flush");
      await assertServed(guest);
      await reach(guest, "192.168.150.77");
    });
    assert.match(seen, /192\.168\.150\.10 > 192\.168\.150\.77/, "the capture saw nothing at all");
    assert.doesNotMatch(seen, /169\.254\.16\.9/);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "redirect_br0"]);
    assert.match(await leaves(() => isServed(guest)), /192\.168\.150\.10\.\d+ > 169\.254\.16\.9\.5030/);
  }),
);

Deno.test(
  "nothing else that a guest sends to its gateway is touched, nor anything that comes from beyond the uplink",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await withNeighbour(lab);
    const gateway = await lab.guest("gateway", hv, "br0", "192.168.150.1");
    await reach(gateway, "192.168.150.10");
    const [own, mac, proxy] = ["192.168.150.10", await macOf(gateway, "eth0"), await proxyMac(hv)];
    const ask = (to: string, port: number, ...tags: Tag[]): FrameFrom => (from) =>
      frame(mac, from, tags, syn(own, to, port));
    const frames = new Map<string, FrameFrom>([
      ["a service", ask(ADDRESS, 5030)],
      ["another port", ask(ADDRESS, 5031)],
      ["another address of the block", ask("169.254.169.254", 5030)],
      ["the gateway itself", ask("192.168.150.1", 5030)],
      ["UDP", (from) => frame(mac, from, [], udp(own, ADDRESS, 5030))],
      ["an empty tag", ask(ADDRESS, 5030, dot1q(0))],
      ["a VLAN", ask(ADDRESS, 5030, dot1q(5))],
    ]);
    const [sender, atProxy] = [{ host: guest, device: "eth0" }, { host: hv.host, device: "br0a", where: INSIDE }];
    const toProxy: FrameFrom = (from) => frame(proxy, from, [], udp(own, ADDRESS, 9));
    const others = [...frames.keys()].slice(1);
    const arrived = () => arrivals(sender, { host: gateway, device: "eth0" }, frames, ask("192.168.150.1", 9));
    assert.deepEqual(await arrived(), others);
    assert.deepEqual(await arrivals(sender, atProxy, frames, toProxy), ["a service"]);
    const beyond = { host: neighbour, device: "vx12" };
    const foreign = (to: string): FrameFrom => (from) => frame(mac, from, [], syn("192.168.150.77", to, 5030));
    const fromBeyond = new Map([["a service", foreign(ADDRESS)]]);
    assert.deepEqual(
      await arrivals(beyond, { host: gateway, device: "eth0" }, fromBeyond, foreign("192.168.150.1")),
      ["a service"],
    );
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "redirect_br0"]);
    assert.deepEqual(await arrived(), [...frames.keys()]);
  }),
);

Deno.test(
  "each bridge's guests reach its own proxy and services, and no other bridge's",
  inLab(async (lab) => {
    const entries = entry(5030, ", ':networks': [7]") + entry(5031, ", ':networks': [8]", 5030);
    const hv = await makeHypervisor(lab, `:tproxy:\n${entries}`);
    await makeGate(lab);
    await hv.bridge("br1");
    await hv.up("br0", "vnet0", "7");
    await hv.up("br1", "vnet1", "8");
    await hv.control("start");
    for (const [bridge, own, other] of [["br0", 5030, 5031], ["br1", 5031, 5030]] as const) {
      await lab.guest(`${bridge}-router`, hv, bridge, "192.168.150.1");
      const guest = await lab.guest(`${bridge}-guest`, hv, bridge, "192.168.150.10");
      await routeBy(guest, "192.168.150.1");
      await assertServed(guest, own, bridge);
      // What is not answered while others are, one after the other, is not just late.
      await using request = guest.start(["curl", "-s", "--max-time", "60", `http://${ADDRESS}:${other}/who`]);
      for (let time = 0; time < 5; time++) await assertServed(guest, own, bridge);
      assert.equal(request.output, "", bridge);
    }
  }),
);

Deno.test(
  "by the redirection no guest takes another sender's address, more addresses than it may, or other guests' packets",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const gateway = await lab.guest("gateway", hv, "br0", "192.168.150.1");
    await routeBy(guest, "192.168.150.1");
    await assertServed(mallory);
    const mac = await macOf(gateway, "eth0");
    const ask = (from: string): FrameFrom => (source) => frame(mac, source, [], syn(from, ADDRESS, 5030));
    const addresses = Array.from({ length: 100 }, (_, i) => `192.168.150.${i + 100}`);
    const frames = new Map([ADDRESS, ...addresses].map((address) => [address, ask(address)]));
    const arrived = await arrivals(
      { host: mallory, device: "eth0" },
      { host: hv.host, device: "br0a", where: INSIDE },
      frames,
      ask("192.168.150.66"),
    );
    assert.ok(!arrived.includes(ADDRESS));
    assert.ok(arrived.length > 32 && arrived.length <= 64, `${arrived.length} addresses`);
    for (const taken of [REDIRECT_MAC, await proxyMac(hv)]) {
      const [self, target] = [{ mac: taken, ip: "192.168.150.66" }, { mac: EVERYBODY, ip: "192.168.150.1" }];
      await sendFrames(mallory, "eth0", [frame(EVERYBODY, taken, [], arp("request", self, target))]);
      await assertServed(guest, 5030, taken);
    }
  }),
);

Deno.test(
  "a port in hairpin mode gets nothing back of what is redirected, and the rest as ever",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await lab.guest("gateway", hv, "br0", "192.168.150.1");
    await routeBy(guest, "192.168.150.1");
    await hv.host.ip("link set dev one-0-0 type bridge_slave hairpin on");
    const seen = await receives(guest, "eth0", `ether src ${await macOf(guest, "eth0")}`, async () => {
      await hv.host.ip("link set dev br0 type bridge fdb_flush");
      await assertServed(guest);
      await guest.run(["arping", "-q", "-U", "-c", "1", "-I", "eth0", "192.168.150.10"]);
      await reach(guest, "192.168.150.1");
    });
    assert.match(seen, /ARP/, "hairpin mode is off");
    assert.doesNotMatch(seen, /169\.254\.16\.9/);
  }),
);

Deno.test(
  ":redirect: and :tproxy_redirect: say who needs a route, with all other options beside them",
  inLab(async (lab) => {
    const to5030 = (port: number, options: string) => entry(port, options, 5030);
    const all = ', ":max_connections": 1000000, ":max_connections_per_guest": 1000000, ":connect_timeout": 86400' +
      ', ":idle_timeout": 86400, ":redirect": false';
    // As many letters as nft has room for.
    const full = to5030(5032, `${all}, ":proxy_protocol": v2`);
    const { hv, guest } = await served(lab, `:tproxy:\n${entry(5030)}${to5030(5031, all)}${full}`);
    await lab.guest("gateway", hv, "br0", "192.168.150.1");
    await routeBy(guest, "192.168.150.1");
    const ports = async () => {
      const answers = [5030, 5031].map(async (port) => await isServed(guest, port, 5) ? [port] : []);
      return (await Promise.all(answers)).flat();
    };
    assert.deepEqual(await ports(), [5030]);
    await hv.configure(`:tproxy_redirect: false\n:tproxy:\n${entry(5030)}${to5030(5031, ', ":redirect": true')}`);
    await hv.up("br0");
    assert.deepEqual(await ports(), [5031]);
    // What is recorded is what a pass of tproxy puts back.
    await hv.host.text(["nft", "flush", "ruleset"]);
    await hv.control("start");
    assert.deepEqual(await ports(), [5031]);
    await guest.ip(`route add ${ADDRESS} dev eth0`);
    assert.deepEqual(await ports(), [5030, 5031]);
  }),
);
