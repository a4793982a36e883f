/**
 * Two hypervisors on one layer 2: each guest is answered by its own, and stays connected when it moves.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, fetchFrom, inLab, makeHypervisor, makeScenario } from "./lab/scenario.ts";

/** The link-layer address that a host has for 169.254.16.9, or that a namespace has given to its veth end. */
async function neighbour(guest: Host): Promise<string> {
  const [entry] = JSON.parse(await guest.text(["ip", "-j", "neigh", "show", "169.254.16.9"]));
  return entry?.lladdr;
}

Deno.test(
  "each guest is answered by its own hypervisor, and no request for the address crosses the cable",
  // tcpdump gives up in a user namespace, where there is no other user to become.
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv: one, guest: first } = await makeScenario(lab);
    const two = await makeHypervisor(lab, CONFIG, 2);
    const second = await lab.guest("guest2", two, "br0", "192.168.150.11");
    await lab.cable(one, two, "br0");
    for (const hv of [one, two]) await hv.serve("br0");
    // The guests reach each other over the cable, so the silence of the address on it is not the cable's.
    await until(
      "the cable forwards",
      async () => (await first.run(["ping", "-c1", "-W1", "192.168.150.11"])).code === 0,
    );
    const capture = one.host.start(["tcpdump", "-n", "-l", "--immediate-mode", "-i", "cable0", "-Z", "root", "arp"]);
    // This request has to be seen: it shows that the capture ran before the requests that must not be seen.
    await until("the capture is on", async () => {
      await first.run(["ip", "neigh", "flush", "all"]);
      await first.run(["ping", "-c1", "-W1", "192.168.150.11"]);
      return capture.output.includes("who-has 192.168.150.11");
    });
    for (const guest of [first, second]) {
      await guest.run(["ip", "neigh", "flush", "all"]);
      await until(
        "the guest is answered",
        async () => (await guest.run(["ping", "-c1", "-W1", "169.254.16.9"])).code === 0,
      );
    }
    const macs = [];
    for (const hv of [one, two]) {
      const [link] = JSON.parse(
        await hv.host.text(["ip", "-n", "one_tproxy_br0", "-j", "link", "show", "dev", "br0a"]),
      );
      macs.push(link.address);
    }
    assert.deepEqual([await neighbour(first), await neighbour(second)], macs);
    await assertServed(first);
    assert.equal(await fetchFrom(second, "/who"), "gate 10.11.12.2\n");
    await until("the capture is up to date", async () => {
      await first.run(["ip", "neigh", "flush", "all"]);
      await first.run(["ping", "-c1", "-W1", "192.168.150.99"]);
      return capture.output.includes("who-has 192.168.150.99");
    });
    assert.doesNotMatch(capture.output, /169\.254\.16\.9/);
  }),
);

Deno.test(
  "without the rules the request does cross the cable",
  // tcpdump gives up in a user namespace, where there is no other user to become.
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv: one, guest } = await makeScenario(lab);
    const two = await lab.hypervisor("hv2", "10.11.12.2");
    await two.bridge("br0");
    await lab.cable(one, two, "br0");
    await one.up("br0");
    await one.host.text(["nft", "delete", "table", "bridge", "one_tproxy"]);
    const capture = two.host.start(["tcpdump", "-n", "-l", "--immediate-mode", "-i", "cable0", "-Z", "root", "arp"]);
    await until("the request is seen", async () => {
      await guest.run(["ip", "neigh", "flush", "all"]);
      await guest.run(["ping", "-c1", "-W1", "169.254.16.9"]);
      return capture.output.includes("who-has 169.254.16.9");
    });
  }),
);

Deno.test(
  "a guest goes on being served when it moves to the other hypervisor",
  inLab(async (lab) => {
    const { hv: one, guest } = await makeScenario(lab);
    const two = await makeHypervisor(lab, CONFIG, 2);
    await lab.cable(one, two, "br0");
    for (const hv of [one, two]) await hv.serve("br0");
    await assertServed(guest);
    await lab.move(guest, one, two, "br0");
    await guest.text(["ip", "neigh", "flush", "all"]);
    await until("the other one answers", async () => {
      const { stdout } = await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"]);
      return stdout === "gate 10.11.12.2\n";
    });
  }),
);

Deno.test(
  "a connection that is open when its guest moves is reset as soon as the guest sends on it",
  inLab(async (lab) => {
    const { hv: one, guest } = await makeScenario(lab);
    const two = await makeHypervisor(lab, CONFIG, 2);
    for (const hv of [one, two]) await hv.serve("br0");
    await guest.text(["mkfifo", "/run/say"]);
    const client = guest.start(["sh", "-c", "exec 3<>/run/say; exec socat -d - TCP:169.254.16.9:5030 <&3"]);
    await until(
      "it is open",
      async () => (await guest.text(["ss", "-Htn", "state", "established", "dst", "169.254.16.9"])) !== "",
    );
    await lab.move(guest, one, two, "br0");
    await guest.text(["sh", "-c", "echo hello >/run/say"]);
    await client.ended();
    assert.match(client.output, /Connection reset by peer/);
  }),
);
