/**
 * The probe of `tproxy doctor`: a stream from a port on the bridge, the way a guest's goes, of which nothing stays and
 * which nobody counts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Counts } from "../lib/protocol/counts.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { withMallory } from "./lab/layer2.ts";
import { CONFIG, fetchFrom, GATE, inLab, isServed, type Scenario, served } from "./lab/scenario.ts";

const SOCKET = "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket";
const PORT = "tproxy-probe";

/** What doctor says of the probe: a line for each port. */
async function probed(hv: Hypervisor, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await hv.tproxy("doctor", "--json", ...args);
  assert.equal(stderr, "");
  const { links } = JSON.parse(stdout);
  const { findings } = links.find(({ link }: { link: string }) => link === "probe");
  return findings.map(({ subject, state, text }: Record<string, string>) => `${state} ${subject}: ${text}`);
}

const MS = String.raw`\d+\.\d ms`;
const FINE = new RegExp(
  `^ok br0 5030: 169\\.254\\.16\\.9 answers after ${MS}, one_tproxy_br0 accepts after ${MS}, ` +
    `one_tproxy has it after ${MS}, 10\\.11\\.12\\.13:5030 accepts after ${MS}$`,
);

const NO_SERVICE = /^skipped br0 5030: .*, one_tproxy has it after \d+\.\d ms, and the service is broken$/;

/** All that a probe could leave behind: devices, namespaces, neighbours, elements of sets and counters. */
async function traces({ host }: Hypervisor): Promise<string> {
  const commands = [
    "ip -br link",
    "ls /run/netns /run/one_tproxy",
    "bridge fdb show",
    "bridge vlan show",
    "ip -n one_tproxy_br0 neighbour | cut -d ' ' -f 1-5",
    // IPv6 moves the other counters at any time.
    "nft list ruleset | sed -E 's/expires [0-9a-z]*//; /(request-to-|flood|address)/! s/packets [0-9]+ bytes [0-9]+//'",
    "cat /var/log/one_tproxy.log /var/log/one_tproxy_br0.log",
  ];
  return await host.text(["sh", "-c", commands.join("; echo; ")]);
}

/**
 * Waits until both proxies have counted so many streams, and the end of the last one; returns all counts of streams.
 */
async function counted(hv: Hypervisor, count: number): Promise<number[][]> {
  return await until(`${count} streams are counted`, async () => {
    const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
    const all: number[][] = proxies.map((
      { counts: { live, total, failed, refused, services } }: { counts: Counts },
    ) => [
      ...[live, total, failed, refused],
      ...services?.flatMap(({ live, total, connects = [] }) => [live, total, connects.reduce((a, b) => a + b, 0)]) ??
        [],
    ]);
    return all.every(([live, total = 0]) => live === 0 && total >= count) && all;
  });
}

Deno.test(
  "the probe goes all the way and leaves nothing: no device, entry, count, line in a log, or stream",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await fetchFrom(guest, "/who");
    const counts = [[0, 1, 0, 0, 0, 1, 1], [0, 1, 0, 0, 0, 1, 0]];
    assert.deepEqual(await counted(hv, 1), counts);
    const before = await traces(hv);
    const [line, ...more] = await probed(hv);
    assert.match(line ?? "", FINE);
    assert.deepEqual(more, []);
    assert.equal(await traces(hv), before);
    // They write their counts once a second. What they have counted after the probe is there with the next stream.
    await fetchFrom(guest, "/who");
    assert.deepEqual(await counted(hv, 2), [[0, 2, 0, 0, 0, 2, 2], [0, 2, 0, 0, 0, 2, 0]]);
  }),
);

type Act = (scenario: Scenario) => Promise<unknown>;

const sh = (command: string): Act => ({ hv }) => hv.host.text(["sh", "-c", command]);
const signal = (name: string, title: string): Act => ({ hv }) => hv.kill(title, name);

/** A way to break the path, what the probe says then, and how it is mended. */
const BROKEN: Readonly<Record<string, readonly [breakIt: Act, says: RegExp, mend?: Act]>> = {
  "inner is gone": [signal("KILL", "one_tproxy_br0"), /^broken br0 5030: 169\.254\.16\.9 refuses it: nothing listens/],
  "inner hangs": [
    signal("STOP", "one_tproxy_br0"),
    /^broken br0 5030: it is accepted, and neither one_tproxy_br0 nor one_tproxy does anything with it$/,
    signal("CONT", "one_tproxy_br0"),
  ],
  "outer is gone": [
    signal("KILL", "one_tproxy"),
    /^broken br0 5030: one_tproxy_br0 can't pass it on to outer: ConnectionRefused/,
  ],
  "outer hangs": [
    signal("STOP", "one_tproxy"),
    /^broken br0 5030: it is accepted, and neither one_tproxy_br0 nor one_tproxy does anything with it$/,
    signal("CONT", "one_tproxy"),
  ],
  "the socket is elsewhere": [
    async (scenario) => {
      // Without it, the string that inner has would go on.
      await signal("KILL", "one_tproxy")(scenario);
      await scenario.hv.control("start");
      await sh(`mv ${SOCKET} ${SOCKET}.x`)(scenario);
    },
    /^broken br0 5030: one_tproxy_br0 can't pass it on to outer: NotFound/,
    sh(`mv ${SOCKET}.x ${SOCKET}`),
  ],
  "nothing listens at the service": [
    async ({ hv }) => {
      await hv.configure(CONFIG.replace(":remote_port: 5030", ":remote_port: 5031"));
      await hv.control("apply");
    },
    NO_SERVICE,
    async ({ hv }) => {
      await hv.configure(CONFIG);
      await hv.control("apply");
    },
  ],
  "a firewall drops what goes to the service": [
    sh(`nft 'table ip firewall { chain out { type filter hook output priority 10; ip daddr ${GATE} drop; }; }'`),
    NO_SERVICE,
    sh("nft delete table ip firewall"),
  ],
  "the service hangs": [
    ({ gate }) => gate.text(["sh", "-c", "kill -STOP $(ps -C nginx -o pid=)"]),
    FINE,
    ({ gate }) => gate.text(["sh", "-c", "kill -CONT $(ps -C nginx -o pid=)"]),
  ],
  "the guard rules are flushed": [sh("nft flush chain bridge one_tproxy guard_br0"), FINE],
  "all of nft is flushed": [sh("nft flush ruleset"), FINE],
  "the proxy's port is off the bridge": [
    sh("ip link set dev br0b nomaster"),
    /^broken br0: nobody answers ARP for 169\.254\.16\.9 on it$/,
  ],
  "a rule drops a port": [
    sh("nft 'table bridge x { chain x { type filter hook forward priority 0; tcp dport 5030 drop; }; }'"),
    /^broken br0 5030: packets to this port are dropped: no answer$/,
    sh("nft delete table bridge x"),
  ],
  "a rule drops everything but ARP": [
    sh("nft 'table bridge x { chain x { type filter hook forward priority 0; ether type ip drop; }; }'"),
    /^broken br0: 169\.254\.16\.9 answers ARP and nothing else/,
    sh("nft delete table bridge x"),
  ],
  "a rule of IPv4 drops what crosses bridges": [
    sh(
      "sysctl -qw net.bridge.bridge-nf-call-iptables=1; " +
        "nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'",
    ),
    /^broken br0: 169\.254\.16\.9 answers ARP and nothing else/,
    sh("nft delete table ip filter"),
  ],
  "the bridge is gone": [
    sh("ip link set dev br0 name br1"),
    /^skipped br0: not tried: there is no such bridge$/,
    sh("ip link set dev br1 name br0"),
  ],
  "the bridge runs STP": [
    sh("ip link set dev br0 type bridge stp_state 1"),
    /^skipped br0: not tried: the bridge runs STP/,
    sh("ip link set dev br0 type bridge stp_state 0"),
  ],
};

Deno.test(
  "the probe names the part of the path that is broken",
  inLab(async (lab) => {
    const scenario = await served(lab);
    const { hv } = scenario;
    const wrong: string[] = [];
    for (const [name, [breakIt, says, mend]] of Object.entries(BROKEN)) {
      await breakIt(scenario);
      const lines = await probed(hv, "--bridge", "br0");
      if (lines.length !== 1 || !says.test(lines[0] ?? "")) wrong.push(`${name}: ${lines}`);
      await mend?.(scenario);
      await hv.serve("br0");
    }
    assert.deepEqual(wrong, []);
    assert.match((await probed(hv))[0] ?? "", FINE, "all is mended");
    assert.doesNotMatch(await hv.host.text(["ip", "link"]), new RegExp(PORT));
  }),
);

Deno.test(
  "two doctors at once wait for each other, and a doctor that is killed leaves no port, namespace or process",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const both = await Promise.all([probed(hv), probed(hv)]);
    for (const [line = ""] of both) assert.match(line, FINE);

    const inner = await hv.pidOf("one_tproxy_br0");
    await hv.host.text(["kill", "-STOP", inner]);
    const doctor = hv.host.start(hv.lineOf("doctor", ["doctor"]), { inside: true });
    const link = ["ip", "link", "show", "dev", PORT];
    await until("the port is there", async () => (await hv.host.run(link)).code === 0);
    // The signal is for doctor itself, and not for nsenter, which has started it in the hypervisor's process namespace.
    await hv.host.text(["pkill", "-KILL", "-f", "/cmd/doctor.ts"]);
    await doctor.ended();
    await until("the port is gone", async () => (await hv.host.run(link)).code !== 0);
    assert.doesNotMatch(await hv.host.text(["ps", "-eo", "args"]), / path 9 5030/);
    await hv.host.text(["kill", "-CONT", inner]);
    assert.match((await probed(hv))[0] ?? "", FINE);
  }),
);

/** Gives a guest the probe's address, in place of its own. */
async function pose(guest: Host): Promise<void> {
  await guest.ip(
    "address flush dev eth0",
    "address add 169.254.0.16/32 dev eth0",
    "route replace 169.254.16.9 dev eth0",
  );
  await guest.text(["sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=0"]);
}

Deno.test(
  "a guest with the probe's address reaches no proxy, is counted by the rules, and does not disturb the probe",
  inLab(async (lab) => {
    const { hv, guest, mallory } = await withMallory(lab);
    await fetchFrom(guest, "/who");
    await pose(mallory);
    assert.equal(await isServed(mallory), false);
    const dropped = async () => {
      const rules = await hv.host.text(["nft", "list", "chain", "bridge", "one_tproxy", "sender_br0"]);
      return Array.from(rules.matchAll(/packets (\d+) .*"probe-address"/g), ([, packets]) => Number(packets));
    };
    assert.ok((await dropped()).some((packets) => packets > 0), `${await dropped()}`);
    assert.match((await probed(hv))[0] ?? "", FINE);

    // Where no rule keeps it from the address, as on a bridge that the network driver has set up, it gets no service.
    for (const chain of ["port_br0", "redirect_br0"]) {
      await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", chain]);
    }
    await mallory.ip("neighbour flush all");
    const read = ["timeout", "10", "bash", "-c", "exec 3<>/dev/tcp/169.254.16.9/5030; cat <&3"];
    assert.match(await mallory.text(read), /^\{"from":"outer",/);
    assert.deepEqual(await counted(hv, 1), [[0, 1, 0, 0, 0, 1, 1], [0, 1, 0, 0, 0, 1, 0]]);
  }),
);
