/**
 * Nothing slow happens under a lock: files are read and names are resolved before it is taken.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEFAULT_CONFIG_PATH, RUN_FILES } from "../lib/paths.ts";
import { OUTER } from "../lib/role.ts";
import { until } from "../packaging/command.ts";
import { holdLock } from "./lab/hold_lock.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { lockWaiters } from "./lab/lock_waiters.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

const UP = ["up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"];

/** Has the resolver log each question, and which locks are taken at that moment. */
async function watchResolver({ host }: Hypervisor): Promise<void> {
  await host.text(["cp", "/usr/bin/getent", "/run/real-getent"]);
  const lines = ["setupLock", "daemonLock"] as const;
  const looks = lines.map((lock) =>
    `flock --nonblock ${RUN_FILES[lock]} true && echo "$1 free" >>/run/asked || echo "$1 ${lock} is taken" >>/run/asked`
  );
  await host.write("/run/getent", `#!/bin/sh\n${looks.join("\n")}\nexec /run/real-getent "$@"\n`);
  await host.text(["sh", "-c", `chmod 755 /run/getent; mkdir -p /run/one_tproxy`]);
  await host.text(["mount", "--bind", "/run/getent", "/usr/bin/getent"]);
}

async function asked({ host }: Hypervisor): Promise<string[]> {
  return [...new Set((await host.run(["cat", "/run/asked"])).stdout.trim().split("\n"))];
}

Deno.test(
  "the resolver is asked while no lock is taken: for names at setup, for the user at start",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(
      lab,
      ":tproxy_process_owner: nobody\n" + CONFIG.replace("10.11.12.13", "gate.example"),
    );
    await hv.host.write("/run/hosts", "10.11.12.13 gate.example\n");
    await hv.host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
    await watchResolver(hv);
    await hv.serve("br0");
    assert.deepEqual(await asked(hv), ["ahostsv4 free", "passwd free"]);
    await assertServed(guest);
  }),
);

Deno.test(
  "a FIFO as configuration blocks nobody",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    await hv.host.text(["rm", DEFAULT_CONFIG_PATH]);
    await hv.host.text(["mkfifo", DEFAULT_CONFIG_PATH]);
    const { code, stderr } = await hv.setup(...UP);
    assert.equal(code, 1);
    const why = `Cannot read the configuration ${DEFAULT_CONFIG_PATH}: it is not a regular file`;
    assert.equal(stderr, `tproxy-setup: error: ${why}; see that it is the right file\n`);
    await hv.down("br1");
    for (const verb of ["start", "reload"]) {
      assert.ok((await hv.control(verb)).stderr.includes(`warning: ${why}`));
      assert.equal((await hv.status()).size, 2);
      await assertServed(guest);
    }
    await hv.control("stop");
  }),
);

/** Runs `work` while another process holds a lock and a command that has read the configuration waits for it. */
async function whileWaiting(lab: Lab, lock: string, verb: "setup" | "start", work: (hv: Hypervisor) => Promise<void>) {
  const { hv } = await makeScenario(
    lab,
    ":tproxy_process_owner: nobody\n" + CONFIG.replace("10.11.12.13", "localhost"),
  );
  await hv.up("br0");
  await watchResolver(hv);
  const argv = verb === "setup" ? hv.setupArgv(...UP) : hv.tproxyArgv("start");
  const holder = await holdLock(hv.host, lock);
  const waiting = hv.host.start(argv, { inside: true });
  await until("it has read the configuration", async () => (await asked(hv)).join() !== "", 30);
  await work(hv);
  await holder[Symbol.asyncDispose]();
  assert.equal(await waiting.ended(), 0, waiting.output);
  return hv;
}

Deno.test(
  "of two runs at once the one that waited longer does not undo what a newer configuration says",
  inLab(async (lab) => {
    const hv = await whileWaiting(lab, RUN_FILES.setupLock, "setup", (hv) => hv.configure(CONFIG));
    assert.match(await hv.host.text(["nft", "list", "map", "ip", "one_tproxy", "ep_br0"]), /5030 : 10\.11\.12\.13 /);
  }),
);

Deno.test(
  "a start that waited uses the configuration as it is by then",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await whileWaiting(
      lab,
      RUN_FILES.daemonLock,
      "start",
      (hv) => hv.configure(`:tproxy_max_connections: 77\n${CONFIG}`),
    );
    const routes = JSON.parse(await hv.host.text(["cat", OUTER.routesFile]));
    assert.equal(routes.limits.maxConnections, 77);
  }),
);

Deno.test(
  "a run that has waited over 5 seconds for a lock says so",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    const holder = await holdLock(hv.host, RUN_FILES.setupLock);
    const waiting = hv.host.start(hv.setupArgv(...UP), { inside: true });
    await until("it waits", async () => (await lockWaiters(hv.host, RUN_FILES.setupLock)).length > 0);
    await hv.host.text(["sleep", "5.1"]);
    await holder[Symbol.asyncDispose]();
    assert.equal(await waiting.ended(), 0, waiting.output);
    assert.match(waiting.output, /^warning: Waited long for a lock \(path=\S+kernel-state\.lock, seconds=\d+\)$/m);
  }),
);

Deno.test(
  "runs that wait for the lock share one pass, which does what each of them was for",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    const latest = async () => JSON.parse(await hv.host.text(["cat", RUN_FILES.latestPass])).number;
    const before = await latest();
    const holder = await holdLock(hv.host, RUN_FILES.daemonLock);
    const verbs = ["reload", "reload", "start", "reload"] as const;
    const waiting = verbs.map((verb) => hv.host.start(hv.tproxyArgv(verb), { inside: true }));
    await until(
      "all of them wait",
      async () => (await lockWaiters(hv.host, RUN_FILES.daemonLock)).length === verbs.length,
    );
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", `{ 81 : ${GATE} . 5030 }`]);
    await holder[Symbol.asyncDispose]();
    for (const run of waiting) assert.equal(await run.ended(), 0, run.output);
    await assertServed(guest, 81);
    // A start does not do what a reload is for; it may have been the first.
    const passes = await latest() - before;
    assert.ok(passes === 1 || passes === 2, `${passes} passes`);

    // A run that asks when nobody is in the middle of one does its own.
    await hv.control("reload");
    assert.equal(await latest(), before + passes + 1);
  }),
);
