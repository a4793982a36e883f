/**
 * What changes while streams are live: reload, restart, stop.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { parseBridgeName } from "../lib/names.ts";
import { STRINGS_DIR } from "../lib/paths.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { until } from "../packaging/command.ts";
import { clientState, startClient, startService } from "./faults/crowd.ts";
import { startDownload } from "./lab/download.ts";
import { driverUp } from "./lab/driver.ts";
import { startNginx } from "./lab/nginx.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, entry, fetchFrom, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

const BR0 = parseBridgeName("br0");

Deno.test(
  "start and reload do not touch proxies that run as they should",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const pids = await hv.pids();
    const download = await startDownload(gate, guest);
    for (const verb of ["start", "reload", "start", "reload"]) await hv.control(verb);
    assert.deepEqual(await hv.pids(), pids);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "a bridge that comes or goes replaces no proxy, as outer serves it without more permissions",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const before = await hv.status();
    const download = await startDownload(gate, guest);
    await hv.bridge("br1");
    const other = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    for (const verb of ["start", "reload"] as const) {
      await hv.up("br1");
      await hv.control(verb);
      await assertServed(other);
      const { stdout, code } = await hv.tproxy("permissions", "--running");
      assert.equal(code, 0, stdout);
      const { one_tproxy_br1: added, ...rest } = Object.fromEntries(await hv.status());
      assert.ok(added !== undefined);
      assert.deepEqual(rest, Object.fromEntries(before));
      await hv.down("br1");
      await hv.control(verb);
      assert.deepEqual(await hv.status(), before);
      assert.equal(await hv.host.text(["ls", STRINGS_DIR]), "br0\n");
    }
    assert.doesNotMatch(await hv.host.text(["ps", "-eo", "args="]), /^one_tproxy.*draining/m);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "where all proxies are one user, a new bridge asks for a successor of outer, which is in the bridge's group",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab, `:tproxy_process_owner: daemon\n${CONFIG}`);
    await hv.serve("br0");
    const before = await hv.status();
    const download = await startDownload(gate, guest);
    await hv.bridge("br1");
    const other = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.serve("br1");
    await assertServed(other);
    const after = await hv.status();
    assert.equal(after.get("one_tproxy_br0"), before.get("one_tproxy_br0"));
    assert.notEqual(after.get("one_tproxy"), before.get("one_tproxy"));
    const { stdout } = await hv.tproxy("permissions", "--running");
    assert.match(stdout, /^one_tproxy \(\d+\): ok$/m);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "restart replaces every daemon while a live stream goes on and new guests are served",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const before = await hv.pids();
    const download = await startDownload(gate, guest);
    await hv.control("restart");
    const after = await hv.pids();
    assert.equal(after.length, 2);
    assert.ok(after.every((pid) => !before.includes(pid)), `${before} became ${after}`);
    await assertServed(guest);
    assert.ok(await download.finish());
    await until("the old ones have ended", async () => {
      return !(await hv.host.text(["ps", "-eo", "args="])).includes("(draining)");
    });
  }),
);

Deno.test(
  "a predecessor serves its live streams for as long as they take; stop gives them five seconds",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab, CONFIG + entry(7));
    await startService(gate, 7, "echo");
    const client = startClient(guest, { port: 7, count: 1, how: "echo", everyMs: 100 });
    const { answers } = await clientState(client, "the stream is live", ({ answers }) => answers > 0);
    await hv.control("restart");
    const draining = async () => (await hv.host.text(["ps", "-eo", "args="])).includes("one_tproxy (draining)");
    assert.ok(await draining());
    // For longer than a stream gets at stop: it has ten answers a second at most.
    const more = (DEFAULT_LIMITS.drainTimeoutMs + 1000) / 100;
    await clientState(client, "the stream goes on", (state) => state.answers >= answers + more);
    assert.ok(await draining());
    const started = performance.now();
    await hv.control("stop");
    assert.ok(performance.now() - started >= DEFAULT_LIMITS.drainTimeoutMs - 1000, "stop did not wait for the stream");
    assert.equal(await draining(), false);
    await clientState(client, "the stream was closed", ({ open }) => open === 0);
  }),
);

Deno.test(
  "reload follows nft: ports come and go and remotes change, while a live stream goes on",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await startNginx(gate, GATE, 8081);
    const other = await lab.service("other", "10.11.12.34");
    await startNginx(other, "10.11.12.34", 5030);
    // As the network driver makes it: a service that setup has recorded would be put back.
    await driverUp(hv, 5030);
    await hv.control("start");
    const download = await startDownload(gate, guest);
    const element = (verb: string, text: string) =>
      hv.host.text(["nft", verb, "element", "ip", "one_tproxy", "ep_br0", `{ ${text} }`]);
    const answers = (port: number) => guest.run(["curl", "-s", "--max-time", "5", `http://169.254.16.9:${port}/who`]);
    await element("add", `81 : ${GATE} . 8081`);
    await hv.control("reload");
    await until("the new port listens", async () => (await answers(81)).stdout === "gate 10.11.12.1\n");
    await element("delete", "5030");
    await hv.control("reload");
    await until("the old port refuses", async () => (await answers(5030)).code === 7);
    await element("add", "5030 : 10.11.12.34 . 5030");
    await hv.control("reload");
    await until("the new remote answers", async () => (await answers(5030)).stdout === "other 10.11.12.1\n");
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "the debug level is followed on reload, and a rotated log is reopened",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG.replace("level: 3", "level: 2"));
    await fetchFrom(guest, "/who");
    const messages = async () => (await hv.log("one_tproxy_br0")).map(({ message }) => message);
    assert.ok(!(await messages()).includes("Closed"), "a line for a stream at level info");
    await hv.configure(CONFIG);
    await hv.host.text(["mv", "/var/log/one_tproxy_br0.log", "/var/log/one_tproxy_br0.log.1"]);
    await hv.control("reload");
    await until("the new log has a line", async () => (await messages()).includes("Reloaded"));
    await fetchFrom(guest, "/who");
    await until("streams are logged", async () => (await messages()).includes("Closed"));
  }),
);

Deno.test(
  "another user takes the proxies over while a live stream goes on",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const download = await startDownload(gate, guest);
    const own = [OUTER, innerOf(BR0)].map((role) => `${numberOf(role)}`);
    // Without a configured user each proxy has one of its own.
    for (const owner of ["daemon", "nobody", "root", undefined, "daemon"]) {
      await hv.configure(owner === undefined ? CONFIG : `:tproxy_process_owner: ${owner}\n${CONFIG}`);
      await hv.control("start");
      await assertServed(guest, 5030, owner);
      const users = await Promise.all(
        (await hv.pids()).map((pid) => hv.host.text(["ps", "-o", "user=", "-p", `${pid}`])),
      );
      assert.deepEqual(users.map((user) => user.trim()), owner === undefined ? own : [owner, owner]);
    }
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "a proxy of another user keeps its ports until its successor is about to listen, however long that takes to start",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab, `:tproxy_process_owner: nobody\n${CONFIG}`);
    const download = await startDownload(gate, guest);
    // As long as a start takes on a host that swaps; only proxies are started by it.
    await hv.host.text(["cp", "/usr/bin/setpriv", "/run/setpriv"]);
    await hv.host.write("/run/slow", '#!/bin/sh\nsleep 4\nexec /run/setpriv "$@"\n');
    await hv.host.text(["chmod", "755", "/run/slow"]);
    await hv.host.text(["mount", "--bind", "/run/slow", "/usr/bin/setpriv"]);
    // How long nobody answers: a refused connection is tried again at once, until it is not.
    const poll = "curl -s --max-time 10 -o /dev/null http://169.254.16.9:5030/who && echo served || echo failed $?";
    const polling = guest.start(["sh", "-c", `while :; do echo "$(date +%s%3N) $(${poll})"; done`]);
    await until("it polls", () => Promise.resolve(polling.output.includes("served")));
    await hv.configure(CONFIG);
    await hv.control("start");
    const polls = () => polling.output.trim().split("\n").map((line) => line.split(" "));
    const count = polls().length;
    await until("it has polled since", () => Promise.resolve(polls().length > count + 5));
    const [failed, codes] = [
      polls().filter(([, result]) => result === "failed"),
      new Set(polls().map(([, , code]) => code)),
    ];
    assert.ok([...codes].every((code) => [undefined, "7", "56"].includes(code)), polling.output);
    const span = Number(failed.at(-1)?.[0] ?? 0) - Number(failed[0]?.[0] ?? 0);
    // The successor starts in four seconds at least.
    assert.ok(span < 2_000, `${span} ms: ${polling.output}`);
    assert.ok(await download.finish());
    await assertServed(guest);
  }),
);
