/**
 * Chaos: for a while, everything that can go wrong does, at random. An event that cuts no stream by itself may cut none
 * among others. Afterwards everything has to serve, and nothing may be left over. The number of seconds follows `--`:
 * `deno task test tests/chaos_test.ts -- 600`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { clientState, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import { parseBridgeName } from "../lib/names.ts";
import { innerOf, OUTER, type Role } from "../lib/role.ts";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { entry, inLab, isServed, makeScenario } from "./lab/scenario.ts";

const INNER = innerOf(parseBridgeName("br0"));

/** So that each event happens several times, on a busy machine, too. */
const SECONDS = Number(Deno.args[0] ?? 30);

type Event = (hv: Hypervisor) => Promise<unknown>;

/** Runs a command that may fail, since its object may not exist at the moment. */
function shell(...argv: string[]): Event {
  return (hv) => hv.host.run(argv);
}

function setup(verb: "up" | "down", bridge: string): Event {
  return (hv) =>
    hv.setup(verb, "--bridge", bridge, ...(verb === "up" ? ["--network", "vnet0", "--network-id", "7"] : []));
}

const IN_NETNS = ["ip", "netns", "exec", "one_tproxy_br0"];

/** Flushes the ruleset while a command runs that was started at the same moment. */
async function flushSoon(hv: Hypervisor): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
  for (let i = 0; i < 5; i++) await hv.host.text(["nft", "flush", "ruleset"]);
}

/** Events that cut no stream, whenever they happen. */
const GENTLE: Readonly<Record<string, Event>> = {
  "start": (hv) => hv.tproxy("start"),
  "reload": (hv) => hv.tproxy("reload"),
  "flush the ruleset just before it is read": (hv) =>
    Promise.all([flushSoon(hv), hv.tproxy("start"), hv.tproxy("reload")]),
  "up br1": setup("up", "br1"),
  "down br1": setup("down", "br1"),
  "up br0": setup("up", "br0"),
  "delete the map": shell("nft", "delete", "map", "ip", "one_tproxy", "ep_br0"),
  "empty the map": shell("nft", "flush", "map", "ip", "one_tproxy", "ep_br0"),
  "empty a chain": shell("nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"),
  "drop all that is forwarded": shell("nft", "insert", "rule", "bridge", "one_tproxy", "port_br0", "drop"),
  "flush the address": shell("ip", "-n", "one_tproxy_br0", "address", "flush", "dev", "br0a"),
  "flush the routes": shell("ip", "-n", "one_tproxy_br0", "route", "flush", "table", "main"),
  "take the outer end down": shell("ip", "link", "set", "dev", "br0b", "down"),
  "take the inner end down": shell("ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "down"),
  "take the outer end off the bridge": shell("ip", "link", "set", "dev", "br0b", "nomaster"),
  "forward": shell(...IN_NETNS, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"),
  "stop an outer where it is": (hv) => stopOnceAlive(hv, OUTER),
  "stop an inner where it is": (hv) => stopOnceAlive(hv, INNER),
  "remove a socket": shell("rm", "-f", "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket"),
};

/** Events that cut no stream, either, but leave predecessors, of which there may be only a few. */
const HANDOVERS: Readonly<Record<string, Event>> = {
  "restart": (hv) => hv.tproxy("restart"),
  "three at once": (hv) => Promise.all(["start", "reload", "restart"].map((verb) => hv.tproxy(verb))),
};

const ROUGH: Readonly<Record<string, Event>> = {
  "kill an outer": (hv) => signal(hv, "-KILL", /^one_tproxy$/),
  "kill an inner": (hv) => signal(hv, "-KILL", /^one_tproxy_br0$/),
  "stop": (hv) => hv.tproxy("stop"),
  "delete the namespace": shell("ip", "netns", "delete", "one_tproxy_br0"),
  "delete the veth pair": shell("ip", "link", "delete", "dev", "br0b"),
};

async function signal(hv: Hypervisor, signal: string, title: RegExp): Promise<void> {
  for (const [name, pid] of await hv.status()) if (title.test(name)) await hv.host.run(["kill", signal, String(pid)]);
}

/** When each proxy was stopped last, in milliseconds since 1970. */
const stoppedAt = new Map<Role, number>();

/**
 * Stops a proxy where it is, if it has shown a sign of life since it was stopped last. One that is stopped again and
 * again is replaced, and its streams end.
 */
async function stopOnceAlive(hv: Hypervisor, role: Role): Promise<void> {
  const pid = (await hv.status()).get(role.title);
  const beat = Number((await hv.host.run(["stat", "-c", "%.3Y", role.statsFile])).stdout) * 1000;
  if (pid === undefined || beat <= (stoppedAt.get(role) ?? 0)) return;
  await hv.host.run(["kill", "-STOP", String(pid)]);
  stoppedAt.set(role, Date.now());
}

/** Lets events happen one after the other, and the ruleset be flushed beside them, at random. */
async function unleash(hv: Hypervisor, seconds: number, events: Readonly<Record<string, Event>>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const done = new Map<string, number>();
  const happen = async (name: string, event: Event) => {
    await event(hv);
    done.set(name, (done.get(name) ?? 0) + 1);
  };
  const flush = async () => {
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
      await happen("flush the ruleset", shell("nft", "flush", "ruleset"));
    }
  };
  const other = async () => {
    while (performance.now() < end) {
      const [name, event] = Object.entries(events)[Math.floor(Math.random() * Object.keys(events).length)] ?? [];
      if (name !== undefined && event !== undefined) await happen(name, event);
    }
  };
  await Promise.all([flush(), other()]);
  console.log([...done].map(([name, count]) => `${name}: ${count}`).toSorted().join(", "));
}

Deno.test(
  `in ${SECONDS} seconds in which the kernel's state is damaged at random 20 streams go on, byte for byte`,
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    const watch = hv.startWatch();
    await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));
    const client = startClient(guest, { port: 7, count: 20, how: "verified", everyMs: 100 });
    await clientState(client, "all streams are answered", ({ least }) => least > 0);
    // First the daemons that started serve them, then predecessors do, which nothing but their streams keeps there.
    await unleash(hv, SECONDS / 2, GENTLE);
    for (const handOver of Object.values(HANDOVERS)) await handOver(hv);
    await unleash(hv, SECONDS / 2, GENTLE);
    const { least } = await clientState(client, "it says so", () => true);
    const { open } = await clientState(client, "all streams are answered still", (state) => state.least > least + 3);
    assert.equal(open, 20, watch.output);
    await until("all is well", async () => (await hv.tproxy("status")).code === 0, 75);
  }),
);

Deno.test(
  `after ${SECONDS} seconds of chaos everything serves and nothing is left over`,
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.bridge("br1");
    const second = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.up("br0");
    const watch = hv.startWatch();
    const ask: Event = () => guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"]);
    await unleash(hv, SECONDS, { ...GENTLE, ...HANDOVERS, ...ROUGH, "a guest asks": ask });
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    // The last command may have been a stop.
    await hv.tproxy("start");
    for (const from of [guest, second]) {
      // A proxy that was killed often is started late, a minute at most.
      await until(`${from.name} is served`, () => isServed(from), 75);
    }
    await until("nothing is left over", async () => {
      const titles = (await hv.host.text(["ps", "-eo", "args="])).split("\n").filter((line) =>
        /^one_tproxy/.test(line)
      );
      return titles.toSorted().join() === "one_tproxy,one_tproxy_br0,one_tproxy_br1";
    }, 75);
    const found = await hv.host.text(["find", "/run/one_tproxy", "-name", "outer.socket*"]);
    assert.deepEqual(
      found.trim().split("\n").toSorted(),
      ["br0", "br1"].map((br) => `/run/one_tproxy/written-by-proxies/sockets-for-inners/${br}/outer.socket`),
    );
    const netns = (await hv.host.text(["ip", "netns", "list"])).trim().split("\n").map((line) => line.split(" ")[0]);
    assert.deepEqual(netns.toSorted(), ["one_tproxy_br0", "one_tproxy_br1"]);
    for (const pid of await hv.pids()) {
      const descriptors = (await hv.host.text(["ls", `/proc/${pid}/fd`])).trim().split("\n").length;
      assert.ok(descriptors < 40, `${descriptors} descriptors are open`);
    }
    assert.doesNotMatch(watch.output, /Uncaught/);
  }),
);
