/**
 * `setup` on a real kernel: what it leaves, what it repairs, what it removes, what it does not touch.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { CONFIG, inLab, makeHypervisor } from "./lab/scenario.ts";
import { DAMAGES, NOTHING, numberless, rulesOf, stateOf } from "./lab/state.ts";

Deno.test(
  "up leaves what the user document shows",
  inLab(async (lab) => {
    const hv = await makeHypervisor(
      lab,
      CONFIG + "- {':service_port': 1234, ':remote_addr': 10.11.12.34, ':remote_port': 1234, ':networks': [vnet0]}\n",
    );
    await hv.up("br0");
    // Where lines end differs between nft 1.0 and 1.1.
    const table = await hv.host.text(["nft", "list", "table", "ip", "one_tproxy"]);
    assert.equal(
      table.replaceAll(/\s+/g, " "),
      "table ip one_tproxy { map ep_br0 { type inet_service : ipv4_addr . inet_service " +
        "elements = { 1234 : 10.11.12.34 . 1234, 5030 : 10.11.12.13 . 5030 } } } ",
    );
    const chain = await hv.host.text(["nft", "list", "chain", "bridge", "one_tproxy", "ch_br0"]);
    assert.match(chain, /type filter hook forward priority filter; policy accept;/);
    assert.match(chain, /arp operation request arp daddr ip 169\.254\.16\.9 drop/);
    assert.match(await hv.host.text(["ip", "netns", "list"]), /^one_tproxy_br0 \(id: \d+\)\n$/);
    // The kernel tells of a carrier up to a second later.
    const address = await until("the inner end has a carrier", async () => {
      const address = await hv.host.text(["ip", "netns", "exec", "one_tproxy_br0", "ip", "address"]);
      return /state UP/.test(address) && address;
    });
    assert.match(address, /^1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN/);
    assert.match(address, /br0a@if\d+: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP/);
    assert.match(address, / inet 169\.254\.16\.9\/32 scope global br0a\n/);
    assert.match(address, / inet6 fe80:\S+\/64 scope link/);
    assert.equal(address.match(/ inet6? /g)?.length, 2, address);
    const route = await hv.host.text(["ip", "netns", "exec", "one_tproxy_br0", "ip", "route"]);
    assert.equal(route.trim(), "default dev br0a scope link");
    const [port] = JSON.parse(await hv.host.text(["ip", "-j", "link", "show", "dev", "br0b"]));
    assert.equal(port.master, "br0");
  }),
);

Deno.test(
  "up run twice changes nothing the second time",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.up("br0");
    const first = await stateOf(hv);
    await hv.up("br0");
    assert.deepEqual(await stateOf(hv), first);
  }),
);

Deno.test(
  "up leaves nothing of the rules that a former version made, and down removes them as well",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.bridge("br1");
    await hv.up("br0");
    await hv.up("br1");
    const whole = await stateOf(hv);
    const former = ["br0", "br1"].flatMap((bridge) => [
      `add set bridge one_tproxy senders_${bridge} { type ifname . ipv4_addr ; flags dynamic, timeout ; timeout 1h ; size 65535 ; }`,
      `add set bridge one_tproxy newcomers_${bridge} { type ifname ; flags dynamic, timeout ; timeout 1h ; size 65535 ; }`,
      `add rule bridge one_tproxy sender_${bridge} iifname . ip saddr @senders_${bridge} accept`,
      `add rule bridge one_tproxy sender_${bridge} add @newcomers_${bridge} { iifname } accept`,
      `add rule bridge one_tproxy guard_${bridge} meta protocol { ip, ip6 } accept`,
    ]);
    await hv.host.text(["nft", "-f", "-"], former.map((line) => `${line}\n`).join(""));
    await hv.up("br0");
    assert.doesNotMatch(await rulesOf(hv.host), /(?:senders|newcomers)_br0/);
    await hv.up("br1");
    assert.deepEqual(await stateOf(hv), whole);
    await hv.host.text(["nft", "-f", "-"], former.map((line) => `${line}\n`).join(""));
    await hv.down("br0");
    await hv.up("br1");
    assert.doesNotMatch(await rulesOf(hv.host), /br0|(?:senders|newcomers)_/);
  }),
);

Deno.test(
  "down removes all of it, twice, without a bridge and without a configuration",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.down("br0");
    assert.deepEqual(await stateOf(hv), NOTHING);
    await hv.up("br0");
    await hv.host.ip("link delete dev br0");
    await hv.host.text(["rm", "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf"]);
    await hv.down("br0");
    assert.deepEqual(await stateOf(hv), NOTHING);
    await hv.down("br0");
    assert.deepEqual(await stateOf(hv), NOTHING);
  }),
);

for (const [damage, commands] of Object.entries(DAMAGES)) {
  Deno.test(
    `up repairs, and down removes, when ${damage}`,
    inLab(async (lab) => {
      const hv = await makeHypervisor(lab);
      const hurt = async () => {
        for (const argv of commands) await hv.host.text(argv);
      };
      await hv.up("br0");
      const whole = numberless(await stateOf(hv));
      await hurt();
      await hv.up("br0");
      assert.deepEqual(numberless(await stateOf(hv)), whole);
      await hurt();
      await hv.down("br0");
      assert.deepEqual(await stateOf(hv), NOTHING);
      const left = await hv.host.run(["ip", "link", "show", "dev", "br0a"]);
      assert.notEqual(left.code, 0, left.stdout);
    }),
  );
}

for (
  const [name, kind] of [["br0b", "bridge"], ["br0a", "bridge"], ["br0b", "veth peer name other"]] as const
) {
  Deno.test(
    `a foreign device named ${name} of type ${kind} is neither taken over nor deleted`,
    inLab(async (lab) => {
      const hv = await makeHypervisor(lab);
      await hv.host.ip(`link add name ${name} type ${kind}`);
      const { code, stderr } = await hv.setup("up", "--bridge", "br0", "--network", "vnet0");
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(`^tproxy-setup: error: The device ${name} is not ours: it is (bridge|veth); .+\n$`),
      );
      await hv.setup("down", "--bridge", "br0");
      assert.match(await hv.host.text(["ip", "-d", "link", "show", "dev", name]), / bridge | veth /);
      assert.equal(await hv.host.text(["ip", "netns", "list"]), "");
    }),
  );
}

Deno.test(
  "other bridges, other tables and what others keep in ours stay as they are",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.bridge("br1");
    const foreign =
      `table ip one_tproxy { map ep_driver1 { type inet_service : ipv4_addr . inet_service; }\n chain x { }\n }
table inet theirs { chain input { type filter hook input priority 0; tcp dport 22 accept; }\n }`;
    await hv.host.text(["nft", "-f", "-"], foreign);
    const before = await rulesOf(hv.host);
    await hv.up("br0");
    await hv.up("br1");
    await hv.down("br0");
    const after = await rulesOf(hv.host);
    assert.match(after, /map ep_br1/);
    assert.match(after, /chain ch_br1/);
    assert.doesNotMatch(after, /br0/);
    await hv.down("br1");
    assert.equal(await rulesOf(hv.host), before);
  }),
);

Deno.test(
  "the rules survive being listed and loaded again",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.up("br0");
    const rules = await rulesOf(hv.host);
    await hv.host.text(["nft", "flush", "ruleset"]);
    await hv.host.text(["nft", "-f", "-"], rules);
    assert.equal(await rulesOf(hv.host), rules);
  }),
);

Deno.test(
  "a network for which nothing is configured any more loses its proxy",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.up("br0");
    await hv.configure(CONFIG + "  :networks: [other]\n");
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /No service is configured for this network/);
    assert.deepEqual(await stateOf(hv), NOTHING);
  }),
);

Deno.test(
  "a host name is resolved on the hypervisor; one that does not resolve takes nothing else away",
  inLab(async (lab) => {
    const hv = await makeHypervisor(
      lab,
      CONFIG.replace("10.11.12.13", "gate.example") +
        "- {':service_port': 1, ':remote_addr': nowhere.invalid, ':remote_port': 1}\n",
    );
    await hv.host.write("/run/hosts", "10.11.12.99 gate.example\n");
    await hv.host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /conf:\d+:3: :remote_addr: is nowhere\.invalid; expected a name that resolves to IPv4/);
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /elements = \{ 5030 : 10\.11\.12\.99 \. 5030 \}/);
  }),
);

Deno.test(
  "a bad entry is reported with its place, and the good ones work",
  inLab(async (lab) => {
    const hv = await makeHypervisor(
      lab,
      CONFIG + "- {':service_port': 70000, ':remote_addr': 10.0.0.1, ':remote_port': {a: 1}}\n",
    );
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /OpenNebulaNetwork\.conf:\d+:21: :service_port: is 70000; expected a port from 1 to 65535/);
    assert.match(stderr, /:remote_port: is \{a: 1\}; expected a port from 1 to 65535/);
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
  }),
);

Deno.test(
  "twenty runs at once, for one bridge and for another, end in the state of one",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.bridge("br1");
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    const whole = numberless(await stateOf(hv));
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const bridge = i % 4 < 2 ? "br0" : "br1";
        await (i % 2 === 0 ? hv.up(bridge) : hv.down(bridge));
      }),
    );
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    assert.deepEqual(numberless(await stateOf(hv)), whole);
    await Promise.all(Array.from({ length: 20 }, (_, i) => hv.down(i % 2 === 0 ? "br0" : "br1")));
    assert.deepEqual(await stateOf(hv), NOTHING);
  }),
);
