/**
 * `tproxy watch`: it restores what is removed, and starts again what crashes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { RUN_FILES } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import type { Lab } from "./lab/lab.ts";
import { REAL_NFT, wrapNft } from "./lab/nft_wrapper.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, inLab, isServed, makeScenario, type Scenario } from "./lab/scenario.ts";
import { numberless, stateOf } from "./lab/state.ts";

/** The usual scenario, set up and watched until everything serves. */
async function watched(lab: Lab, config = CONFIG): Promise<Scenario & { watch: { output: string } }> {
  const scenario = await makeScenario(lab, config);
  await scenario.hv.up("br0");
  const watch = scenario.hv.startWatch();
  await serves(scenario);
  return { ...scenario, watch };
}

function serves({ guest }: Scenario): Promise<unknown> {
  return until("the guest is served", () => isServed(guest));
}

Deno.test(
  "it says nothing of a host without guests",
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const watch = scenario.hv.startWatch();
    await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));
    await scenario.hv.up("br0");
    await serves(scenario);
    assert.doesNotMatch(watch.output, /nothing runs/);
  }),
);

Deno.test(
  "a killed proxy is back, inner and outer",
  inLab(async (lab) => {
    const scenario = await watched(lab);
    for (const title of ["one_tproxy", "one_tproxy_br0"]) {
      const pid = await scenario.hv.pidOf(title);
      await scenario.hv.host.text(["kill", "-KILL", pid]);
      await until("there is a new one", async () => {
        const now = await scenario.hv.pidOf(title);
        return now !== "undefined" && now !== pid;
      });
      await serves(scenario);
    }
  }),
);

Deno.test(
  "what the watch has seen while a run was under way counts for nothing if that run has failed",
  inLab(async (lab) => {
    const { hv } = await watched(lab);
    const { host } = hv;
    const pids = await hv.status();
    await host.text(["cp", "/usr/bin/ps", "/run/real-ps"]);
    const hides = '*-eo*) if rm /run/hide 2>/dev/null; then /run/real-ps "$@" | grep -v one_tproxy_br0; exit; fi ;;';
    await host.write("/run/ps", `#!/bin/sh\ncase $* in ${hides} esac\nexec /run/real-ps "$@"\n`);
    await host.text(["chmod", "755", "/run/ps"]);
    await host.text(["mount", "--bind", "/run/ps", "/usr/bin/ps"]);
    await host.write(RUN_FILES.latestPass, '{"number":1000,"verb":"start","config":""}\n');
    // The proxy of br0 is one that the run starts after the watch has looked.
    await host.write("/run/hide", "");
    const passed = () => host.text(["cat", RUN_FILES.completedPass]);
    await until("a pass has not seen it", async () => (await host.run(["test", "-e", "/run/hide"])).code === 1, 60);
    const before = await passed();
    await until("the pass is done", async () => await passed() !== before, 60);
    assert.deepEqual(await hv.status(), pids);
  }),
);

Deno.test(
  "an idle watch looks for lost proxies by kill, and runs ps once and nft once in a pass",
  inLab(async (lab) => {
    const { hv: { host } } = await watched(lab);
    for (const [name, path] of [["kill", "/usr/bin/kill"], ["ps", "/usr/bin/ps"], ["nft", "/usr/sbin/nft"]] as const) {
      await host.text(["cp", path, `/run/real-${name}`]);
      await host.write(`/run/${name}.sh`, `#!/bin/sh\necho ${name} >>/run/programs\nexec /run/real-${name} "$@"\n`);
      await host.text(["chmod", "755", `/run/${name}.sh`]);
      await host.text(["mount", "--bind", `/run/${name}.sh`, path]);
    }
    let [passes, seen, read] = [0, "", 0];
    let counts: Partial<Record<string, number>> = {};
    await until("three passes in a row have run each of them once", async () => {
      const [pass, lines] = [
        await host.text(["cat", RUN_FILES.completedPass]),
        (await host.run(["cat", "/run/programs"])).stdout.trim().split("\n"),
      ];
      if (pass === seen) return false;
      counts = {};
      for (const name of lines.slice(read)) counts[name] = (counts[name] ?? 0) + 1;
      [seen, read] = [pass, lines.length];
      passes = counts["ps"] === 1 && counts["nft"] === 1 && (counts["kill"] ?? 0) > 0 ? passes + 1 : 0;
      return passes >= 3;
    }, 120).catch((cause: unknown) => {
      throw new Error(`the last pass has run ${JSON.stringify(counts)}`, { cause });
    });
  }),
);

Deno.test(
  "an idle watch lists no rules as long as nft tells of no change, and mends what is changed then",
  inLab(async (lab) => {
    const { hv: { host } } = await watched(lab);
    await wrapNft(
      host,
      `case "$*" in *"list ruleset"* | *"list table bridge one_tproxy") echo >>/run/listed ;; esac\nexec ${REAL_NFT} "$@"`,
    );
    const text = async (path: string) => (await host.run(["cat", path])).stdout;
    let [passes, listed, seen] = [0, "", ""];
    await until("three passes have listed no rules", async () => {
      const [pass, lists] = [await text(RUN_FILES.completedPass), await text("/run/listed")];
      passes = lists !== listed ? 0 : pass !== seen ? passes + 1 : passes;
      [listed, seen] = [lists, pass];
      return passes >= 3;
    }, 120);
    await host.text([REAL_NFT, "insert", "rule", "bridge", "one_tproxy", "guard_br0", "accept"]);
    await until("the rule is gone", async () => {
      const chain = await host.text([REAL_NFT, "list", "chain", "bridge", "one_tproxy", "guard_br0"]);
      return !chain.includes("\t\taccept\n");
    }, 60);
  }),
);

Deno.test(
  "what lasts is said once, and not in each pass; what comes to it is said, too",
  inLab(async (lab) => {
    const { hv, watch } = await watched(lab, ROOTLESS ? CONFIG : `:tproxy_process_owner: nobody-here\n${CONFIG}`);
    const add = (port: number) =>
      hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", `{ ${port} : 0.0.0.0 . 80 }`]);
    const times = (text: string) => watch.output.split(text).length - 1;
    await add(81);
    await until("the element is named", () => Promise.resolve(times("Skipped the element 81 ") > 0));
    for (let i = 0; i < 3; i++) {
      await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"]);
      await until("a pass has restored the rules", async () => {
        return (await hv.host.text(["nft", "list", "chain", "bridge", "one_tproxy", "guard_br0"])).includes("drop");
      });
    }
    await add(82);
    await until("the other element is named", () => Promise.resolve(times("Skipped the element 82 ") > 0));
    assert.equal(times("Skipped the element 81 "), 1, watch.output);
    assert.equal(times("There is no such user"), ROOTLESS ? 0 : 1, watch.output);
  }),
);

const LOSSES: Readonly<Record<string, string[][]>> = {
  "the ruleset was flushed": [["nft", "flush", "ruleset"]],
  "the namespace was deleted": [["ip", "netns", "delete", "one_tproxy_br0"]],
  "the veth end was deleted": [["ip", "link", "delete", "dev", "br0b"]],
  "a chain was deleted": [
    ["nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"],
    ["nft", "delete", "chain", "bridge", "one_tproxy", "guard_br0"],
  ],
};

for (const [loss, commands] of Object.entries(LOSSES)) {
  Deno.test(
    `all is as it was soon after ${loss}`,
    inLab(async (lab) => {
      const scenario = await watched(lab);
      const whole = numberless(await stateOf(scenario.hv));
      for (const argv of commands) await scenario.hv.host.text(argv);
      await until("all is as it was", async () => {
        try {
          assert.deepEqual(numberless(await stateOf(scenario.hv)), whole);
          return true;
        } catch {
          return false;
        }
      });
      await serves(scenario);
    }),
  );
}

Deno.test(
  "a bridge that was deleted and comes back is served again",
  inLab(async (lab) => {
    const scenario = await watched(lab);
    const { hv } = scenario;
    await hv.host.ip("link delete dev br0");
    await hv.bridge("br0");
    const [port] = JSON.parse(await hv.host.text(["ip", "-j", "link", "show", "type", "veth"]))
      .filter(({ ifname }: { ifname: string }) => ifname.startsWith("one-"));
    await hv.host.ip(`link set dev ${port.ifname} master br0 up`);
    await serves(scenario);
  }),
);

Deno.test(
  "it says nothing of a bridge that went with its last guest, and is served no more",
  inLab(async (lab) => {
    const { hv, watch } = await watched(lab);
    await hv.host.ip("link delete dev br0");
    await hv.host.text(["ip", "netns", "delete", "one_tproxy_br0"]);
    for (const pid of await hv.pids()) await hv.host.run(["kill", "-KILL", `${pid}`]);
    await until("none runs", async () => (await hv.status()).size === 0);
    await wrapNft(hv.host, `echo >>/run/calls; exec ${REAL_NFT} "$@"`);
    const { stderr } = await hv.control("start");
    await until("the watch has looked several times", async () => {
      return (await hv.host.run(["grep", "-c", "", "/run/calls"])).stdout.trim().length > 1;
    }, 60);
    assert.doesNotMatch(stderr + watch.output, /no namespace/);
  }),
);

Deno.test(
  "a map that the network driver makes is served, and one it deletes is not",
  inLab(async (lab) => {
    const { hv, guest } = await watched(lab);
    const nft = (...args: string[]) => hv.host.text(["nft", ...args]);
    await nft("add", "element", "ip", "one_tproxy", "ep_br0", "{ 81 : 10.11.12.13 . 5030 }");
    await until("the new port is served", () => isServed(guest, 81));
    await nft("delete", "element", "ip", "one_tproxy", "ep_br0", "{ 81 }");
    await until("it is not any more", async () => {
      return (await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:81/who"])).code === 7;
    });
  }),
);

Deno.test(
  "a proxy that keeps crashing is started less and less often, and the log says so",
  inLab(async (lab) => {
    const { hv, watch } = await watched(lab);
    const pids = new Set<string>();
    await until("the watch waits", async () => {
      const pid = await hv.pidOf("one_tproxy_br0");
      if (pid !== "undefined") {
        pids.add(pid);
        await hv.host.run(["kill", "-KILL", pid]);
      }
      return watch.output.includes("A proxy keeps ending; waiting before it is started again");
    }, 30);
    assert.ok(pids.size >= 2);
    assert.ok((await hv.pidOf("one_tproxy")) !== "undefined", "the other one is left alone");
  }),
);

Deno.test(
  "the proxies go on when the watch ends, and a new watch takes them as they are",
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const { hv, guest } = scenario;
    await hv.up("br0");
    const first = hv.startWatch();
    await serves(scenario);
    const pids = await hv.status();
    await hv.host.text(["pkill", "-TERM", "-f", "cmd/watch.ts watch"]);
    assert.equal(await first.ended(), 0, first.output);
    hv.startWatch();
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 81 : 10.11.12.13 . 5030 }"]);
    await until("the new watch has passed", () => isServed(guest, 81), 30);
    assert.deepEqual(await hv.status(), pids);
  }),
);
