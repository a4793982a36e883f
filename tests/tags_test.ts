/**
 * VLAN tags, LLC and other encapsulations get no packet past the rules that guard the proxy's address.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import {
  arp,
  dot1ad,
  dot1q,
  EVERYBODY,
  frame,
  type Party,
  type Payload,
  sendFrames,
  snap,
  type Tag,
  udp,
} from "./lab/frames.ts";
import type { Host } from "./lab/host.ts";
import {
  ADDRESS,
  arrivals,
  type FrameFrom,
  knownMac,
  macOf,
  proxyMac,
  reach,
  withMallory,
  withNeighbour,
} from "./lab/layer2.ts";
import { startNginx } from "./lab/nginx.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, fetchFrom, inLab } from "./lab/scenario.ts";

/** Tags that Linux treats as no tag when it receives them. */
const NO_TAGS: Readonly<Record<string, readonly Tag[]>> = {
  "no tag": [],
  "8021q": [dot1q(0)],
  "8021q with a priority": [dot1q(0, 5)],
  "8021ad": [dot1ad(0)],
  "8021q twice": [dot1q(0), dot1q(0)],
  "8021q three times": [dot1q(0), dot1q(0), dot1q(0)],
  "8021ad, 8021q": [dot1ad(0), dot1q(0)],
  "8021q, 8021ad": [dot1q(0), dot1ad(0)],
};

/** Tags that a bridge with VLAN filtering removes: it takes its own VLAN's tag off for a port. */
const TAGS_OF_A_VLAN: Readonly<Record<string, readonly Tag[]>> = {
  "the VLAN's": [dot1q(5)],
  "the VLAN's of 8021ad": [dot1ad(5)],
  "the VLAN's, then 8021q": [dot1q(5), dot1q(0)],
  "the VLAN's, then 8021ad and 8021q": [dot1q(5), dot1ad(0), dot1q(0)],
};

/** Every way to claim the proxy's address, with some tags. */
function claims(tags: readonly Tag[], guest: Party): Record<string, FrameFrom> {
  const packet = (payload: (sender: Party) => Payload, to = guest.mac): FrameFrom => (mac) =>
    frame(to, mac, tags, payload({ mac, ip: ADDRESS }));
  return {
    "ARP reply": packet((sender) => arp("reply", sender, guest)),
    "ARP reply to everybody": packet((sender) => arp("reply", sender, sender), EVERYBODY),
    "ARP request": packet((sender) => arp("request", sender, guest), EVERYBODY),
    "ARP announcement": packet((sender) => arp("request", sender, { ...sender, mac: "00:00:00:00:00:00" }), EVERYBODY),
    "IPv4": packet((sender) => udp(sender.ip, guest.ip)),
    "ARP reply behind SNAP": packet((sender) => snap(arp("reply", sender, guest))),
    "IPv4 behind SNAP": packet((sender) => snap(udp(sender.ip, guest.ip))),
  };
}

/** What an honest host sends, with tags or without. */
function honest(own: string, guest: Party): Record<string, FrameFrom> {
  const others: Readonly<Record<string, readonly Tag[]>> = {
    "no tag": [],
    "a priority": [dot1q(0, 5)],
    "a priority of 8021ad": [dot1ad(0, 5)],
    "a VLAN": [dot1q(5)],
    "a VLAN in a VLAN": [dot1ad(100), dot1q(5)],
  };
  return Object.fromEntries(
    Object.entries(others).flatMap(([name, tags]): [string, FrameFrom][] => [
      [`ARP with ${name}`, (mac) => frame(guest.mac, mac, tags, arp("request", { mac, ip: own }, guest))],
      [`IPv4 with ${name}`, (mac) => frame(guest.mac, mac, tags, udp(own, guest.ip))],
    ]),
  );
}

/** Which claims, and which honest frames, arrive at a guest from a host. */
async function arriving(
  guest: Host,
  host: Host,
  device: string,
  own: string,
): Promise<{ claims: string[]; honest: string[] }> {
  const party = { mac: await macOf(guest, "eth0"), ip: "192.168.150.10" };
  const all = Object.entries({ ...NO_TAGS, ...TAGS_OF_A_VLAN }).flatMap(([tagged, tags]) =>
    Object.entries(claims(tags, party)).map(([claim, frame]): [string, FrameFrom] => [`${claim}, ${tagged}`, frame])
  );
  const last: FrameFrom = (mac) => frame(party.mac, mac, [], udp(own, party.ip));
  const to = { host: guest, device: "eth0" };
  return {
    claims: await arrivals({ host, device }, to, new Map(all), last),
    honest: await arrivals({ host, device }, to, new Map(Object.entries(honest(own, party))), last),
  };
}

const HONEST = Object.keys(honest("", { mac: "", ip: "" }));

Deno.test(
  "no tags get a guest past the guard: its neighbour is not poisoned, and nobody answers in the service's place",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const [victim, own, proxy] = [await macOf(guest, "eth0"), await macOf(mallory, "eth0"), await proxyMac(hv)];
    await mallory.ip(`address add ${ADDRESS}/32 dev eth0`);
    await startNginx(mallory, ADDRESS, 5030);
    // Otherwise the kernel keeps an entry for a second before it accepts another answer.
    await guest.text(["sysctl", "-q", "-w", "net.ipv4.neigh.eth0.locktime=0"]);
    const attack = (tags: readonly Tag[]) => {
      const reply = arp("reply", { mac: own, ip: ADDRESS }, { mac: victim, ip: "192.168.150.10" });
      return sendFrames(mallory, "eth0", Array(20).fill(frame(victim, own, tags, reply)));
    };
    await assertServed(guest);
    for (const [name, tags] of Object.entries(NO_TAGS)) {
      await attack(tags);
      // Behind it on the same way.
      await reach(mallory, "192.168.150.10");
      assert.equal(await knownMac(guest), proxy, name);
      await assertServed(guest, 5030, name);
    }
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"]);
    for (const [name, tags] of Object.entries(NO_TAGS)) {
      await guest.ip(`neigh replace ${ADDRESS} lladdr ${proxy} dev eth0 nud reachable`);
      await attack(tags);
      await until(`the guest is poisoned by ${name}`, async () => await knownMac(guest) === own);
    }
    // It sends to Mallory what goes to the proxy all the same, for as long as packets are redirected.
    await assertServed(guest);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "redirect_br0"]);
    assert.equal(await fetchFrom(guest, "/who"), "mallory 192.168.150.10\n");
  }),
);

Deno.test(
  "no frame of a guest that claims the address reaches another one, and every honest one does",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const attempt = () => arriving(guest, mallory, "eth0", "192.168.150.66");
    assert.deepEqual(await attempt(), { claims: [], honest: HONEST });
    // Rules that an operator has saved and loaded again work the same.
    const listing = await hv.host.text(["nft", "list", "table", "bridge", "one_tproxy"]);
    await hv.host.text(["nft", "-f", "-"], `delete table bridge one_tproxy\n${listing}`);
    assert.deepEqual(await attempt(), { claims: [], honest: HONEST });
    await hv.host.text(["nft", "delete", "table", "bridge", "one_tproxy"]);
    const { claims, honest } = await attempt();
    assert.equal(claims.length, 12 * 7);
    assert.deepEqual(honest, HONEST);
  }),
);

Deno.test(
  "no frame from beyond an uplink that claims the address reaches a guest, and every honest one does",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { guest, neighbour } = await withNeighbour(lab);
    assert.deepEqual(await arriving(guest, neighbour, "vx12", "192.168.150.77"), { claims: [], honest: HONEST });
  }),
);

Deno.test(
  "an ARP request for the address leaves through no port, whatever tags it has",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    const questions = new Map(
      Object.entries({ ...NO_TAGS, "a VLAN": [dot1q(5)] }).map(([name, tags]): [string, FrameFrom] => [
        name,
        (mac) => {
          const question = arp("request", { mac, ip: "192.168.150.10" }, { mac: "00:00:00:00:00:00", ip: ADDRESS });
          return frame(EVERYBODY, mac, tags, question);
        },
      ]),
    );
    const last: FrameFrom = (mac) => frame(EVERYBODY, mac, [], udp("192.168.150.10", "192.168.150.255"));
    const heard = () => arrivals({ host: guest, device: "eth0" }, { host: mallory, device: "eth0" }, questions, last);
    assert.deepEqual(await heard(), []);
    await hv.host.text(["nft", "delete", "table", "bridge", "one_tproxy"]);
    assert.deepEqual(await heard(), [...questions.keys()]);
  }),
);
