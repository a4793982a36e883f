/**
 * A service that `setup` has recorded is served even if nft has lost it, and is put back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { RUN_FILES } from "../lib/paths.ts";
import { type Background, until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import { holdLock } from "./lab/hold_lock.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { REAL_NFT, unwrapNft, wrapNft } from "./lab/nft_wrapper.ts";
import { assertServed, CONFIG, inLab, isServed, type Scenario, served } from "./lab/scenario.ts";
import { forget, numberless, stateOf } from "./lab/state.ts";

/** The usual scenario, set up and started, with a live stream. */
interface Live extends Scenario {
  readonly download: Awaited<ReturnType<typeof startDownload>>;
  readonly pids: Map<string, number>;
  readonly state: string[];
}

async function live(lab: Lab, config = CONFIG): Promise<Live> {
  const scenario = await served(lab, config);
  const [pids, state] = [await scenario.hv.status(), numberless(await stateOf(scenario.hv))];
  return { ...scenario, pids, state, download: await startDownload(scenario.gate, scenario.guest) };
}

/** Nothing was ended, no stream was cut, and all is as it was. */
async function isUnhurt({ hv, guest, download, pids, state }: Live): Promise<void> {
  assert.deepEqual(await hv.status(), pids);
  assert.deepEqual(numberless(await stateOf(hv)), state);
  await assertServed(guest);
  assert.ok(await download.finish(), "the live stream was cut");
}

function elements({ hv }: Scenario): Promise<string> {
  return hv.host.text(["sh", "-c", "nft list map ip one_tproxy ep_br0 | tr -d '\\n' | grep -o 'elements.*' || true"]);
}

function says(watch: Background, what: string, times = 1): Promise<unknown> {
  return until(`the watch says ${what}`, () => Promise.resolve(watch.output.split(what).length > times), 60);
}

async function end({ host }: Hypervisor, watch: Background): Promise<void> {
  await host.text(["pkill", "-TERM", "-f", "cmd/watch.ts watch"]);
  await watch.ended();
}

for (const verb of ["start", "reload"]) {
  Deno.test(
    `${verb} after the ruleset was flushed puts all back and ends nothing`,
    inLab(async (lab) => {
      const scenario = await live(lab);
      await scenario.hv.host.text(["nft", "flush", "ruleset"]);
      const { stderr } = await scenario.hv.control(verb);
      assert.match(stderr, /warning: A bridge is not as it should be; setting it up again/);
      await isUnhurt(scenario);
    }),
  );
}

Deno.test(
  "under watch, a program that flushes the ruleset just before each look ends nothing",
  inLab(async (lab) => {
    const scenario = await live(lab);
    const { hv: { host } } = scenario;
    const watch = scenario.hv.startWatch();
    await says(watch, "Watching");
    const flush = `${REAL_NFT} flush ruleset; echo >>/run/flushes`;
    await wrapNft(host, `case "$*" in *'list maps'*) ${flush} ;; esac\nexec ${REAL_NFT} "$@"`);
    await until("there were some passes", async () => {
      return (await host.run(["grep", "-c", "", "/run/flushes"])).stdout.trim().length > 1;
    }, 120);
    await unwrapNft(host);
    await until("all is back", async () => {
      return JSON.stringify(numberless(await stateOf(scenario.hv))) === JSON.stringify(scenario.state);
    }, 90);
    await isUnhurt(scenario);
  }),
);

Deno.test(
  "a restore that can't have the lock ends nothing, with start, reload and watch; the namespace may be gone, too",
  inLab(async (lab) => {
    const scenario = await live(lab);
    const { hv } = scenario;
    {
      await using _lock = await holdLock(hv.host, RUN_FILES.setupLock);
      await hv.host.text(["nft", "flush", "ruleset"]);
      await hv.host.text(["ip", "netns", "delete", "one_tproxy_br0"]);
      // It is not noted then, and can't be without the lock.
      await hv.configure(CONFIG);
      for (const verb of ["start", "reload"]) {
        const { stderr } = await hv.control(verb);
        assert.match(stderr, /warning: Cannot put back what setup recorded; what runs goes on .*kernel-state\.lock/);
      }
      const watch = hv.startWatch();
      await says(watch, "Cannot keep the bridges as setup recorded them", 2);
      await end(hv, watch);
      assert.deepEqual(await hv.status(), scenario.pids);
      assert.ok(await scenario.download.finish(), "the live stream was cut");
    }
    await hv.control("start");
    assert.deepEqual(numberless(await stateOf(hv)), scenario.state);
    await assertServed(scenario.guest);
  }),
);

const TWO_NETWORKS = `:tproxy:
- { ":service_port": 5030, ":remote_addr": 10.11.12.13, ":remote_port": 5030, ":networks": [7] }
- { ":service_port": 80, ":remote_addr": 10.11.12.13, ":remote_port": 5030, ":networks": [7], ":max_connections": 9 }
- { ":service_port": 81, ":remote_addr": 10.11.12.13, ":remote_port": 5030, ":networks": [12] }
`;

Deno.test(
  "a driver that reduces a recorded map to its own network's elements removes no other network's",
  inLab(async (lab) => {
    const scenario = await live(lab, TWO_NETWORKS);
    const { hv, guest } = scenario;
    await hv.up("br0", "other", "12");
    await hv.control("start");
    const pids = await hv.status();
    hv.startWatch();
    const whole = 'elements = { 80 comment "max_connections=9" : 10.11.12.13 . 5030,';
    const served = async (...ports: number[]) => {
      for (const port of ports) await assertServed(guest, port, `${port}`);
    };
    // As the driver does for a VM in an unrecorded network, and with another remote for one of our ports.
    const driver = "flush map ip one_tproxy ep_br0\n" +
      "add element ip one_tproxy ep_br0 { 82 : 10.11.12.13 . 5030 }\n" +
      "add element ip one_tproxy ep_br0 { 81 : 10.11.12.99 . 5030 }\n";
    // Guests are served between the steps, too.
    const poll = "curl -s --max-time 5 -o /dev/null http://169.254.16.9/who || echo failed; echo >>/run/polls";
    const polling = guest.start(["sh", "-c", `while :; do ${poll}; done`]);
    await until("it polls", async () => (await guest.run(["test", "-e", "/run/polls"])).code === 0);
    for (const verb of ["start", "reload"]) {
      await hv.host.text(["nft", "-f", "-"], driver);
      await hv.control(verb);
      await served(5030, 80, 81, 82);
      const now = await elements(scenario);
      assert.ok(now.includes(whole), now);
      for (const element of ["81 : 10.11.12.13 . 5030", "82 : 10.11.12.13 . 5030"]) {
        assert.ok(now.includes(element), now);
      }
    }
    assert.equal(polling.output, "");
    assert.deepEqual(await hv.status(), pids);
    assert.ok(await scenario.download.finish(), "the live stream was cut");
    // `setup up` applies the configuration and nothing else.
    await hv.up("br0", "other", "12");
    assert.ok(!(await elements(scenario)).includes("82"));
  }),
);

Deno.test(
  "the watch puts back a recorded element that somebody removes, and leaves one that somebody adds",
  inLab(async (lab) => {
    const scenario = await live(lab);
    const { hv, guest } = scenario;
    hv.startWatch();
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 81 : 10.11.12.13 . 5030 }"]);
    await hv.host.text(["nft", "delete", "element", "ip", "one_tproxy", "ep_br0", "{ 5030 }"]);
    await until("it is back", async () => (await elements(scenario)).includes("5030 : 10.11.12.13 . 5030"), 30);
    await until("the other one is served", () => isServed(guest, 81), 30);
    assert.ok((await elements(scenario)).includes("81 : 10.11.12.13 . 5030"));
    await assertServed(guest);
  }),
);

Deno.test(
  "the watch ends nothing when it sees a driver's map empty for the first time; start does",
  inLab(async (lab) => {
    const scenario = await live(lab);
    const { hv: { host } } = scenario;
    await forget(scenario.hv.host);
    const watch = scenario.hv.startWatch();
    await says(watch, "Watching");
    const map = "ip one_tproxy ep_br0";
    await wrapNft(
      host,
      `case "$*" in *'list maps'*) if rm /run/once 2>/dev/null; then
         ${REAL_NFT} flush map ${map}; ${REAL_NFT} "$@"; ${REAL_NFT} add element ${map} '{ 5030 : 10.11.12.13 . 5030 }'
         rm -f /run/whole; echo >/run/seen; exit
       fi; echo >>/run/whole ;; esac
       exec ${REAL_NFT} "$@"`,
    );
    for (let i = 0; i < 3; i++) {
      await host.text(["sh", "-c", "rm -f /run/seen; echo >/run/once"]);
      await until("a pass has seen it empty", async () => (await host.run(["test", "-e", "/run/seen"])).code === 0, 60);
      // A pass that decides by the next listing would take two passes in a row that see it empty for its being gone.
      await until("later passes have seen it whole", async () => {
        return (await host.run(["sh", "-c", "cat /run/whole"])).stdout.split("\n").length > 4;
      }, 60);
    }
    await unwrapNft(host);
    assert.deepEqual(await scenario.hv.status(), scenario.pids);
    assert.ok(await scenario.download.finish(), "the live stream was cut");
    await host.text(["nft", "flush", "map", "ip", "one_tproxy", "ep_br0"]);
    await until("what is gone for good is not served", async () => (await scenario.hv.status()).size === 0, 60);
    await end(scenario.hv, watch);
    await host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 5030 : 10.11.12.13 . 5030 }"]);
    await scenario.hv.control("start");
    assert.equal((await scenario.hv.status()).size, 2);
    await host.text(["nft", "flush", "map", "ip", "one_tproxy", "ep_br0"]);
    await scenario.hv.control("start");
    assert.equal((await scenario.hv.status()).size, 0);
  }),
);
