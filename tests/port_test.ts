/**
 * What passes between the proxy and its guests is ARP and IPv4 without tags: no IPv6, although the namespace has an
 * address.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run, until } from "../packaging/command.ts";
import { arp, dot1ad, dot1q, EVERYBODY, frame, type Payload, sendFrames, snap, type Tag, udp } from "./lab/frames.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ADDRESS, arrivals, type FrameFrom, macOf, proxyMac, reach, receives, withMallory } from "./lab/layer2.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab } from "./lab/scenario.ts";

/** A header alone, from one address to another; RFC 8200. */
const IPV6: Payload = { type: 0x86dd, hex: `6000000000003b40fe80${"0".repeat(27)}1fe80${"0".repeat(27)}2` };

const NOBODY = "00:00:00:00:00:00";

const INSIDE = ["ip", "netns", "exec", "one_tproxy_br0"];

/** Finds the address that the user document shows beside 169.254.16.9, once the kernel lets it be used. */
function ipv6Of({ host }: Hypervisor): Promise<string> {
  return until("the namespace has an IPv6 address", async () => {
    const listing = await host.text([...INSIDE, "ip", "-6", "address", "show", "dev", "br0a", "-tentative"]);
    return / inet6 (fe80:[0-9a-f:]+)\/64 scope link/.exec(listing)?.[1];
  });
}

Deno.test(
  "nothing in the namespace listens on IPv6, or answers to it: no ping, no port, not even that there is an address",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const [address, mac] = [await ipv6Of(hv), await proxyMac(hv)];
    assert.equal(await hv.host.text([...INSIDE, "ss", "-6", "-a", "-H", "-n"]), "");
    const curl = (
      port: number,
    ) => ["curl", "-s", "-o", "/dev/null", "--max-time", "1", `http://[${address}%25eth0]:${port}/`];
    const ping = (to: string) => ["ping", "-6", "-c", "1", "-W", "1", `${to}%eth0`];
    const attempts = [
      curl(5030),
      curl(1),
      ["socat", "-u", "EXEC:echo", `UDP6-SENDTO:[${address}%eth0]:9`],
      ...[address, "ff02::1", "ff02::2", `ff02::1:ff${address.slice(-7)}`].map(ping),
    ];
    /** What guests hear of the proxy while one of them tries all of this, and it gets its device anew. */
    const heard = (setUp: string[]) =>
      receives(guest, "eth0", `ip6 and ether src ${mac}`, async () => {
        await guest.ip(...setUp);
        await Promise.all(attempts.map((argv) => guest.run(argv)));
        for (const state of ["down", "up"]) await hv.host.text([...INSIDE, "ip", "link", "set", "dev", "br0a", state]);
        await ipv6Of(hv);
      });
    // Another guest answers, so the bridge carries such packets.
    await until("a guest answers to all nodes", async () => {
      return (await mallory.run(ping("ff02::1"))).code === 0;
    });
    const known = `neigh replace ${address} lladdr ${mac} dev eth0 nud permanent`;
    assert.equal(await heard(["neigh flush dev eth0"]), "");
    assert.equal(await heard([known]), "");
    await hv.host.text(["nft", "flush", "ruleset"]);
    const without = await heard([known]);
    for (const answer of [/echo reply/, /Flags \[R/, /unreachable/, /multicast listener report/]) {
      assert.match(without, answer);
    }
  }),
);

Deno.test(
  "what a guest sends to the proxy arrives if it is IPv4 or ARP, and has no tag",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await withMallory(lab);
    const mac = await proxyMac(hv);
    const packet = udp("192.168.150.10", ADDRESS);
    const to = (tags: readonly Tag[], payload: Payload = packet): FrameFrom => (from) =>
      frame(mac, from, tags, payload);
    const frames = new Map<string, FrameFrom>([
      ["no tag", to([])],
      [
        "ARP",
        (from) => frame(mac, from, [], arp("request", { mac: from, ip: "192.168.150.10" }, { mac, ip: ADDRESS })),
      ],
      ["8021q", to([dot1q(0)])],
      ["8021q with a priority", to([dot1q(0, 5)])],
      ["8021ad", to([dot1ad(0)])],
      ["a VLAN", to([dot1q(5)])],
      ["SNAP", to([], snap(packet))],
      ["IPv6", to([], IPV6)],
    ]);
    const arrived = () =>
      arrivals({ host: guest, device: "eth0" }, { host: hv.host, device: "br0a", where: INSIDE }, frames, to([]));
    assert.deepEqual(await arrived(), ["no tag", "ARP"]);
    await assertServed(guest);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "port_br0"]);
    assert.deepEqual(await arrived(), [...frames.keys()]);
  }),
);

/** Whether an IPv4 filter sees what crosses a bridge: security groups need that. */
const BRIDGE_NETFILTER = "net.bridge.bridge-nf-call-iptables";
const HAS_BRIDGE_NETFILTER = (await run(["/usr/bin/unshare", "--net", "sysctl", "-q", BRIDGE_NETFILTER])).code === 0;

Deno.test(
  "a filter that looks at untagged packets only, as security groups of iptables do, sees all that reaches the proxy",
  { ignore: ROOTLESS || !HAS_BRIDGE_NETFILTER },
  inLab(async (lab) => {
    const { hv, guest } = await withMallory(lab);
    const mac = await proxyMac(hv);
    await hv.host.text(["sysctl", "-q", "-w", `${BRIDGE_NETFILTER}=1`]);
    const filter = "chain forward { type filter hook forward priority 0; ip saddr 192.168.150.10 udp dport 9 drop; }";
    await hv.host.text(["nft", "-f", "-"], `table ip security_group {\n${filter}\n}\n`);
    const to = (ip: string, tags: readonly Tag[]): FrameFrom => (from) => frame(mac, from, tags, udp(ip, ADDRESS));
    const frames = new Map([["no tag", to("192.168.150.10", [])], ["a tag", to("192.168.150.10", [dot1q(0)])]]);
    const last = to("192.168.150.11", []);
    const arrived = () =>
      arrivals({ host: guest, device: "eth0" }, { host: hv.host, device: "br0a", where: INSIDE }, frames, last);
    assert.deepEqual(await arrived(), []);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "port_br0"]);
    assert.deepEqual(await arrived(), ["a tag"]);
  }),
);

Deno.test(
  "a guest speaks to the proxy from 64 addresses, and neither fills the kernel's table of neighbours nor harms another",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const neighbours = async () => {
      const listing = await hv.host.text(["ip", "-n", "one_tproxy_br0", "neigh", "show", "dev", "br0a", "nud", "all"]);
      return listing.trim().split("\n").length;
    };
    const [mac, proxy] = [await macOf(mallory, "eth0"), await proxyMac(hv)];
    const ask = (ip: string) => frame(EVERYBODY, mac, [], arp("request", { mac, ip }, { mac: NOBODY, ip: ADDRESS }));
    // A hundred is a tenth of the kernel's table of neighbours, which the whole machine shares.
    const addresses = Array.from({ length: 100 }, (_, i) => `192.168.150.${i + 100}`);
    const flood = () => sendFrames(mallory, "eth0", addresses.map(ask));
    await assertServed(mallory);
    await flood();
    // Behind it on the same way.
    await reach(mallory, ADDRESS);
    const known = await neighbours();
    assert.ok(known > 32 && known <= 66, `${known} neighbours`);
    // The kernel keeps its entries of guests when the rules are gone.
    await hv.up("br0");
    const packet = (ip: string): FrameFrom => (from) => frame(proxy, from, [], udp(ip, ADDRESS));
    const arrived = await arrivals(
      { host: mallory, device: "eth0" },
      { host: hv.host, device: "br0a", where: INSIDE },
      new Map(addresses.map((ip) => [ip, packet(ip)])),
      packet("192.168.150.66"),
    );
    assert.ok(arrived.length > 32 && arrived.length <= 66, `${arrived.length} addresses`);
    for (const host of [guest, mallory]) await assertServed(host);
    await hv.host.text(["nft", "delete", "table", "bridge", "one_tproxy"]);
    await flood();
    await until("the table fills", async () => await neighbours() >= 100);
  }),
);
