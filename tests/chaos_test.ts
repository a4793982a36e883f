/**
 * Chaos: for a while, whatever can go wrong does, at random. Then everything has to serve, and nothing may be left over.
 * How many seconds comes behind `--`: `deno task test tests/chaos_test.ts -- 600`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "./lab/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { inLab, makeScenario } from "./lab/scenario.ts";

const SECONDS = Number(Deno.args[0] ?? 60);

/** What may happen. What it asks of a bridge that is not there, or of a daemon that is not, may fail. */
const EVENTS: Readonly<Record<string, (hv: Hypervisor) => Promise<unknown>>> = {
  "kill an outer": (hv) => kill(hv, /^one_tproxy$/),
  "kill an inner": (hv) => kill(hv, /^one_tproxy_br0$/),
  "start": (hv) => hv.tproxy("start"),
  "reload": (hv) => hv.tproxy("reload"),
  "restart": (hv) => hv.tproxy("restart"),
  "stop": (hv) => hv.tproxy("stop"),
  "three at once": (hv) => Promise.all(["start", "reload", "restart"].map((verb) => hv.tproxy(verb))),
  "up br1": (hv) => hv.up("br1"),
  "down br1": (hv) => hv.down("br1"),
  "up br0": (hv) => hv.up("br0"),
  "flush the ruleset": (hv) => hv.host.run(["nft", "flush", "ruleset"]),
  "delete the namespace": (hv) => hv.host.run(["ip", "netns", "delete", "one_tproxy_br0"]),
  "delete the veth pair": (hv) => hv.host.run(["ip", "link", "delete", "dev", "br0b"]),
  "remove a socket": (hv) => hv.host.run(["rm", "-f", "/run/one_tproxy/written-by-proxies/br0/outer.socket"]),
};

async function kill(hv: Hypervisor, title: RegExp): Promise<void> {
  for (const [name, pid] of await hv.status()) if (title.test(name)) await hv.host.run(["kill", "-KILL", String(pid)]);
}

Deno.test(
  `after ${SECONDS} seconds of chaos everything serves and nothing is left over`,
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.bridge("br1");
    const second = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.up("br0");
    const watch = hv.startWatch();
    const names = Object.keys(EVENTS);
    const done = new Map<string, number>();
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      const name = names[Math.floor(Math.random() * names.length)] ?? "";
      await EVENTS[name]?.(hv);
      done.set(name, (done.get(name) ?? 0) + 1);
      await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"]);
    }
    console.log([...done].map(([name, count]) => `${name}: ${count}`).toSorted().join(", "));
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    for (const from of [guest, second]) {
      // A proxy that was killed often is started late, a minute at most.
      await until(`${from.name} is served`, async () => {
        const { stdout } = await from.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"]);
        return stdout === "gate 10.11.12.1\n";
      }, 75);
    }
    await until("nothing is left over", async () => {
      const titles = (await hv.host.text(["ps", "-eo", "args="])).split("\n").filter((line) =>
        /^one_tproxy/.test(line)
      );
      return titles.toSorted().join() === "one_tproxy,one_tproxy_br0,one_tproxy_br1";
    }, 20);
    const found = await hv.host.text(["find", "/run/one_tproxy", "-type", "s"]);
    assert.deepEqual(
      found.trim().split("\n").toSorted(),
      ["br0", "br1"].map((br) => `/run/one_tproxy/written-by-proxies/${br}/outer.socket`),
    );
    const netns = (await hv.host.text(["ip", "netns", "list"])).trim().split("\n").map((line) => line.split(" ")[0]);
    assert.deepEqual(netns.toSorted(), ["one_tproxy_br0", "one_tproxy_br1"]);
    for (const pid of (await hv.status()).values()) {
      const descriptors = (await hv.host.text(["ls", `/proc/${pid}/fd`])).trim().split("\n").length;
      assert.ok(descriptors < 40, `${descriptors} descriptors are open`);
    }
    assert.doesNotMatch(watch.output, /Uncaught/);
  }),
);
