/**
 * Failing tools, look-alikes, leftovers and many commands at once neither stop nor confuse the daemons.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../lib/daemon/owner.ts";
import { parseBridgeName } from "../lib/names.ts";
import { namesOf } from "../lib/names_of.ts";
import { newStringSocket } from "../lib/outer_sockets.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { PROGRAMS } from "../lib/programs.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { run, until } from "../packaging/command.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, GATE, inLab, isServed, makeScenario, served } from "./lab/scenario.ts";

Deno.test(
  "a listing that fails ends nothing",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pids = await hv.pids();
    for (const program of ["/usr/bin/false", "/usr/bin/true"]) {
      await hv.host.text(["mount", "--bind", program, "/usr/sbin/nft"]);
      for (const verb of ["start", "reload", "restart"]) {
        const { code, stderr } = await hv.tproxy(verb);
        assert.equal(code, 1, `${verb} with ${program} for nft`);
        assert.match(stderr, /^tproxy: error: Cannot (run nft|read what nft listed).*\n$/);
      }
      await hv.host.text(["umount", "/usr/sbin/nft"]);
    }
    assert.deepEqual(await hv.pids(), pids);
    await assertServed(guest);
  }),
);

Deno.test(
  "a look-alike neither counts as a daemon nor is ended",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    const lookAlike = hv.host.start(["bash", "-c", "exec -a one_tproxy sleep 1000"]);
    const other = hv.host.start(["bash", "-c", "exec -a one_tproxy_br0 sleep 1000"]);
    assert.equal((await hv.tproxy("status")).code, 3);
    await hv.serve("br0");
    await assertServed(guest);
    await hv.control("stop");
    for (const { pid } of [lookAlike, other]) {
      assert.match((await run(["/usr/bin/ps", "-o", "args=", "-p", String(pid)])).stdout, /^one_tproxy/);
    }
  }),
);

Deno.test(
  "start names the process that has the port, as a proxy of OpenNebula's own, and a reload serves once it has ended",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const listen = "exec -a one_tproxy_br0 socat TCP-LISTEN:5030,bind=169.254.16.9,fork /dev/null";
    hv.host.start(["ip", "netns", "exec", "one_tproxy_br0", "bash", "-c", listen], { inside: true });
    const theirs = await until("theirs listens", async () => {
      const { stdout } = await hv.host.run(["ip", "netns", "exec", "one_tproxy_br0", "ss", "-Htlnp"]);
      return /:5030 .*pid=(\d+)/.exec(stdout)?.[1];
    });
    const { code, stderr } = await hv.tproxy("start");
    assert.equal(code, 1);
    const line =
      `one_tproxy_br0 can't listen on 5030: in its network namespace there is also ${theirs} (one_tproxy_br0`;
    assert.ok(stderr.split("\n").some((text) => text.startsWith(`tproxy: error: ${line}`)), stderr);
    const [, command = "", remedy = ""] = /with "(kill \d+)", then run "tproxy (\w+)"/.exec(stderr) ?? [];
    await hv.host.text(["sh", "-c", command]);
    await until("theirs has ended", async () => (await hv.host.run(["kill", "-0", theirs])).code !== 0);
    await hv.control(remedy);
    await assertServed(guest);
  }),
);

Deno.test(
  "stale sockets, route files and a daemon left in a deleted namespace are no obstacle",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const before = await hv.pids();
    await hv.down("br0");
    await hv.up("br0");
    await hv.host.text(["kill", "-KILL", String(before[0])]);
    await hv.host.text(["mkdir", "/run/one_tproxy/gone"]);
    await hv.host.write(newStringSocket(0), "");
    await hv.control("start");
    const after = await hv.pids();
    assert.ok(after.length === 2 && after.every((pid) => !before.includes(pid)), `${before} became ${after}`);
    await assertServed(guest);
    assert.equal((await hv.host.text(["ls", "/run/one_tproxy"])).includes("gone"), false);
  }),
);

Deno.test(
  "a socket that somebody removed is there again after a start",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pids = await hv.pids();
    await hv.host.text(["rm", "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket"]);
    assert.notEqual((await guest.run(["curl", "-s", "http://169.254.16.9:5030/who"])).code, 0);
    await hv.control("start");
    await until("the guest is served", () => isServed(guest));
    assert.deepEqual(await hv.pids(), pids);
  }),
);

Deno.test(
  "a new port whose first start could not write outer's routes is served after the next start",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    // One more port with the same remote: both proxies stay, and have to read it.
    await hv.configure(`${CONFIG}- :service_port: 5031\n  :remote_addr: ${GATE}\n  :remote_port: 5030\n`);
    await hv.up("br0");
    const obstacle = `${OUTER.routesFile}.new`;
    await hv.host.text(["mkdir", "-p", `${obstacle}/in-the-way`]);
    const { code, stderr } = await hv.tproxy("start");
    assert.deepEqual([code, stderr.includes(obstacle)], [1, true], stderr);
    await assertServed(guest);
    await hv.host.text(["rm", "-r", obstacle]);
    await hv.control("start");
    await until("the new port is served", () => isServed(guest, 5031), 10);
    await assertServed(guest);
  }),
);

Deno.test(
  "ten commands at once end in what the last one asked for",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const verbs = ["start", "reload", "restart", "stop", "start", "restart", "stop", "reload", "restart"];
    for (const last of ["start", "stop"]) {
      const all = verbs.map((verb) => hv.tproxy(verb));
      await Promise.all(all);
      await hv.control(last);
      const titles = [...(await hv.status()).keys()];
      assert.deepEqual(titles, last === "stop" ? [] : ["one_tproxy", "one_tproxy_br0"]);
      if (last === "start") await assertServed(guest);
    }
    await until("none is left", async () => !(await hv.host.text(["ps", "-eo", "args="])).match(/^one_tproxy/m));
  }),
);

Deno.test(
  "a SIGHUP that comes while a daemon starts or reloads is not lost",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const inner = (await hv.status()).get("one_tproxy_br0");
    for (let port = 81; port < 91; port++) {
      await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", `{ ${port} : ${GATE} . 5030 }`]);
      await Promise.all([hv.control("reload"), hv.host.text(["kill", "-HUP", String(inner)])]);
    }
    await until("the last port is served", () => isServed(guest, 90));
    // From the first moment on: setpriv, env, the runtime, the daemon.
    const users = ROOTLESS ? "0" : [OUTER, innerOf(parseBridgeName("br0"))].map(numberOf).join(",");
    const storm = hv.host.start(["sh", "-c", `while :; do pkill -HUP -u ${users} -f 'one_tproxy|fd/3'; done`]);
    const poll = "curl -s --max-time 10 -o /dev/null http://169.254.16.9:90/who || echo failed $?; echo >>/run/polls";
    const polling = guest.start(["sh", "-c", `while :; do ${poll}; done`]);
    await until("it polls", async () => (await guest.run(["test", "-e", "/run/polls"])).code === 0);
    for (let i = 0; i < 5; i++) await hv.control("restart");
    storm.signal("SIGKILL");
    await assertServed(guest, 90);
    assert.equal(polling.output, "");
  }),
);

Deno.test(
  "an outer that fails after it has taken over gives back what it has taken",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pids = await hv.pids();
    const { socket } = namesOf(parseBridgeName("br0"));
    // The one that runs has the number 0.
    const nextSocket = newStringSocket(1);
    // It gets as far as one that takes too long.
    const program = `Deno.listen({ transport: "unix", path: "${nextSocket}" });
      Deno.renameSync("${nextSocket}", "${socket}");
      throw new Error("failed");`;
    await hv.host.write("/run/outer.js", program);
    await hv.host.text(["mount", "--bind", "/run/outer.js", checkout().outer]);
    const { code, stderr } = await hv.tproxy("restart");
    assert.equal(code, 1);
    assert.match(stderr, /Cannot start one_tproxy: it ended at once with exit code 1: error: Uncaught .*Error: failed/);
    await hv.host.text(["umount", checkout().outer]);
    assert.equal((await hv.status()).get("one_tproxy"), pids[0]);
    await until("the guest is served", () => isServed(guest));
  }),
);

Deno.test(
  "a proxy that a signal ends while it starts is reported with the signal, and with no line of its old log",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    await hv.control("stop");
    await hv.host.write("/run/setpriv", "#!/bin/sh\nkill -SEGV $$\n");
    await hv.host.text(["chmod", "755", "/run/setpriv"]);
    await hv.host.text(["mount", "--bind", "/run/setpriv", PROGRAMS.setpriv.path]);
    const { code, stderr } = await hv.tproxy("start");
    assert.equal(code, 1);
    assert.match(stderr, /Cannot start one_tproxy: it ended at once by SIGSEGV; see \/var\/log\/one_tproxy\.log/);
  }),
);
