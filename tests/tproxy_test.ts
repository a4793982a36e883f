/**
 * `tproxy` and the daemons: which run, as which user, and until when.
 *
 * @module
 */

import assert from "node:assert/strict";
import { delay } from "../lib/delay.ts";
import { numberOf } from "../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { type BridgeName, parseBridgeName } from "../lib/names.ts";
import { STRINGS_DIR } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { driverDown, driverUp } from "./lab/driver.ts";
import { assertServed, CONFIG, entry, fetchFrom, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

const WRITTEN = "/run/one_tproxy/written-by-proxies";
const [BR0, BR1] = [parseBridgeName("br0"), parseBridgeName("br1")];

Deno.test(
  "status has the user document's form, outer first, and says by its exit code what runs",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    assert.deepEqual(await hv.tproxy("status"), { code: 3, stdout: "", stderr: "" });
    await hv.serve("br0");
    const { code, stdout } = await hv.tproxy("status");
    assert.equal(code, 0);
    assert.match(stdout, /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    const [outer, inner] = await hv.pids();
    for (const [pid, title] of [[outer, "one_tproxy"], [inner, "one_tproxy_br0"]]) {
      assert.match(await hv.host.text(["cat", `/proc/${pid}/cmdline`]), new RegExp(`^${title}\0`));
    }
    await hv.host.text(["kill", "-KILL", String(inner)]);
    const missing = await until("it is gone", async () => {
      const result = await hv.tproxy("status");
      return result.code === 4 && result;
    });
    assert.equal(missing.stdout, `one_tproxy: ${outer}\n`);
    assert.equal(missing.stderr, 'one_tproxy_br0: not running; run "tproxy start"\n');
  }),
);

Deno.test(
  "concurrent starts leave one daemon of each title",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await Promise.all(Array.from({ length: 5 }, () => hv.control("start")));
    const { stdout } = await hv.host.run(["ps", "-eo", "args="]);
    const titles = stdout.split("\n").filter((line) => line.startsWith("one_tproxy"));
    assert.deepEqual(titles.toSorted(), ["one_tproxy", "one_tproxy_br0"]);
  }),
);

Deno.test(
  "a daemon in the data path has no rights, no capabilities, and its own namespace",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const [outer, inner] = await hv.pids();
    for (const pid of [outer, inner]) {
      const status = await hv.host.text(["cat", `/proc/${pid}/status`]);
      // User and group have the same number, and neither is in another group.
      const own = numberOf(pid === outer ? OUTER : innerOf(BR0));
      for (const what of ["Uid", "Gid"]) {
        assert.match(status, new RegExp(`^${what}:\t${own}\t${own}\t${own}\t${own}$`, "m"));
      }
      assert.match(status, /^Groups:\t ?$/m);
      for (const set of ["Inh", "Prm", "Eff", "Bnd", "Amb"]) {
        assert.match(status, new RegExp(`^Cap${set}:\t0{16}$`, "m"));
      }
      assert.match(status, /^NoNewPrivs:\t1$/m);
    }
    const netns = (path: string) => hv.host.text(["stat", "-L", "-c", "%i", path]);
    assert.equal(await netns(`/proc/${inner}/ns/net`), await netns("/run/netns/one_tproxy_br0"));
    assert.equal(await netns(`/proc/${outer}/ns/net`), await netns("/proc/1/ns/net"));
  }),
);

Deno.test(
  "files that are only for root and the proxies are read by nobody else, not even an inner of another bridge",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.bridge("br1");
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    const connect = ["socat", "-u", "OPEN:/dev/null", `UNIX-CONNECT:${STRINGS_DIR}/br0/outer.socket`];
    const own = [["cat", "/run/one_tproxy/inner-ports.br0.json"], ["cat", "/var/log/one_tproxy_br0.log"], connect];
    // If all are one user, the group distinguishes the proxies, and from other processes of that user.
    for (const owner of [undefined, 1]) {
      if (owner !== undefined) await hv.configure(`:tproxy_process_owner: daemon\n${CONFIG}`);
      await hv.control("start");
      const as = (uid: number, gid: number, ...argv: string[]) =>
        hv.host.run(["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs", ...argv]);
      const inner = (bridge: BridgeName, ...argv: string[]) =>
        as(owner ?? numberOf(innerOf(bridge)), numberOf(innerOf(bridge)), ...argv);
      for (const argv of own) {
        assert.equal((await inner(BR0, ...argv)).code, 0, `its own inner can't ${argv}`);
        for (const { code, stderr } of [await inner(BR1, ...argv), await as(owner ?? 1, 1, ...argv)]) {
          assert.notEqual(code, 0, `another one can ${argv}`);
          assert.match(stderr, /Permission denied/);
        }
      }
      for (const file of ["outer-routes.json", "setup-record.json"]) {
        assert.match((await inner(BR0, "cat", `/run/one_tproxy/${file}`)).stderr, /Permission denied/);
      }
      const pid = (await hv.status()).get("one_tproxy_br0");
      assert.notEqual((await inner(BR1, "cat", `/proc/${pid}/environ`)).code, 0);
    }
  }),
);

Deno.test(
  "the group adm reads the logs, as it does the system's own, unless all proxies are one user; and nobody else does",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const logs = ["one_tproxy", "one_tproxy_br0"].map((name) => `/var/log/${name}.log`);
    const read = async (group: string) => {
      const { code } = await hv.host.run([
        "setpriv",
        "--reuid=65534",
        `--regid=${group}`,
        "--clear-groups",
        "cat",
        ...logs,
      ]);
      return code === 0;
    };
    await hv.control("start");
    assert.deepEqual([await read("adm"), await read("users")], [true, false]);
    await hv.host.text(["rm", ...logs]);
    await hv.control("reload");
    assert.equal(await read("adm"), true, "the logs are new, after a rotation for example");
    await hv.host.text(["chgrp", "users", ...logs]);
    await hv.control("start");
    assert.deepEqual([await read("adm"), await read("users")], [false, true], "nobody but root can have done that");
    await hv.host.text(["chgrp", "root", ...logs]);
    await hv.control("start");
    assert.deepEqual([await read("adm"), await read("users")], [true, false]);
    await fetchFrom(guest, "/who");
    assert.ok((await hv.log("one_tproxy_br0")).some(({ message }) => message === "Opened"));
    // There the group keeps one inner from another's log.
    await hv.configure(`:tproxy_process_owner: daemon\n${CONFIG}`);
    await hv.control("start");
    assert.deepEqual([await read("adm"), await read("users")], [false, false]);
    await hv.configure(CONFIG);
    await hv.control("start");
    assert.equal(await read("adm"), true);
    assert.equal(await hv.host.text(["ls", "/var/log"]), "one_tproxy.log\none_tproxy_br0.log\n", "none was moved away");
  }),
);

Deno.test(
  "the daemons end by themselves when no endpoint is left, and leave nothing",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.down("br0");
    await hv.control("start");
    assert.equal((await hv.tproxy("status")).code, 3);
    await until("they have ended", async () => !(await hv.host.text(["ps", "-eo", "args="])).match(/^one_tproxy/m));
    // Notes stay: of the configuration, and of the last pass.
    const notes = ["configuration-as-read.json", "latest-pass.json", "last-completed-pass.json"];
    const kept = ["*.lock", ...notes].flatMap((name) => ["!", "-name", name]);
    const left = ["find", "/run/one_tproxy", "-mindepth", "1", ...kept];
    assert.equal(await hv.host.text(left), `${WRITTEN}\n`);
    assert.deepEqual((await hv.host.text(["ls", "/var/log"])).trim().split("\n"), [
      "one_tproxy.log",
      "one_tproxy_br0.log",
    ]);
  }),
);

Deno.test(
  "stop ends everything and waits for it; start starts all again",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pids = await hv.pids();
    await hv.control("stop");
    for (const pid of pids) {
      assert.doesNotMatch((await hv.host.run(["ps", "-o", "args=", "-p", String(pid)])).stdout, /^one_tproxy/);
    }
    await hv.control("stop");
    assert.equal((await guest.run(["curl", "-s", "http://169.254.16.9:5030/who"])).code, 7);
    await hv.control("start");
    await assertServed(guest);
  }),
);

Deno.test(
  "maps, namespace and veth pair that the network driver made are served",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await driverUp(hv, 81, 5030);
    for (const verb of ["start", "reload"]) await hv.control(verb);
    await assertServed(guest);
    await assertServed(guest, 81);
    await driverDown(hv);
    for (const verb of ["start", "reload"]) await hv.control(verb);
    assert.equal((await hv.tproxy("status")).code, 3);
  }),
);

Deno.test(
  "status --json tells what each proxy serves and has done",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG + entry(1234, "", 4321));
    for (let i = 0; i < 3; i++) await fetchFrom(guest, "/who");
    await guest.run(["curl", "-s", "--max-time", "5", "http://169.254.16.9:1234/"]);
    const { proxies, missing } = await until("it is counted", async () => {
      const status = JSON.parse((await hv.tproxy("status", "--json")).stdout);
      return status.proxies.every(({ counts }: { counts?: { total: number } }) => counts?.total === 4) && status;
    });
    assert.deepEqual(missing, []);
    const [outer, inner] = proxies;
    assert.equal(outer.title, "one_tproxy");
    assert.deepEqual(outer.counts.listening, ["br0"]);
    assert.equal(outer.counts.failed, 1);
    assert.match(outer.counts.lastError.message, /^Cannot reach 10\.11\.12\.13:4321: ConnectionRefused/);
    assert.equal(inner.bridge, "br0");
    assert.deepEqual(inner.counts.listening, [1234, 5030]);
    assert.deepEqual(inner.endpoints.map(({ servicePort }: { servicePort: number }) => servicePort), [1234, 5030]);
    assert.equal(inner.counts.live, 0);
    assert.ok(inner.counts.down > inner.counts.up && inner.counts.up > 0);
    for (const { pid, since, draining } of proxies) {
      assert.equal(typeof pid, "number");
      assert.ok(Math.abs(Date.parse(since) - Date.now()) < 60_000);
      assert.equal(draining, false);
    }
  }),
);

Deno.test(
  "status is two words a line, at a terminal too, and with --wide a table that also has those that drain",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await hv.up("br0");
    assert.deepEqual((await hv.tproxy("status", "--wide")).code, 3);
    await hv.control("start");
    const download = await startDownload(gate, guest);
    await hv.control("restart");
    const plain = /^one_tproxy: (\d+)\none_tproxy_br0: (\d+)\n$/;
    const { stdout } = await hv.tproxy("status");
    assert.match(stdout, plain);
    const line = hv.tproxyArgv("status").map((word) => `'${word}'`).join(" ");
    const terminal = await hv.host.text(["script", "-qec", line, "/dev/null"]);
    assert.equal(terminal.replaceAll("\r\n", "\n"), stdout);
    const [head, ...rows] = await until("all that serve have counted", async () => {
      const { stdout } = await hv.tproxy("status", "--wide");
      const table = stdout.trim().split("\n").map((row) => row.split(/ {2,}/));
      return table.every((row) => row.at(-1) !== "serving" || row[4] !== "-") && table;
    });
    assert.deepEqual(head, ["title", "pid", "since", "ports", "live", "failed", "refused", "state"]);
    const states = rows.map(([title, , , ...cells]) => [title, ...cells]);
    assert.deepEqual(states.toSorted(), [
      ["one_tproxy", "-", "-", "-", "-", "draining"],
      ["one_tproxy", "-", "0", "0", "0", "serving"],
      ["one_tproxy_br0", "5030", "-", "-", "-", "draining"],
      ["one_tproxy_br0", "5030", "0", "0", "0", "serving"],
    ]);
    const serving = rows.filter((row) => row.at(-1) === "serving").map(([, pid]) => pid);
    assert.deepEqual(serving, plain.exec(stdout)?.slice(1));
    for (const [, , since] of rows) assert.match(since ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "deno task hands its arguments to the programs unchanged",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, ":tproxy: []\n");
    await hv.host.write("/run/it's $HOME.conf", ROOTLESS ? `:tproxy_process_owner: root\n${CONFIG}` : CONFIG);
    const task = (...args: string[]) => hv.host.run([Deno.execPath(), "task", "--quiet", ...args]);
    const up = await task("setup", "up", "--bridge", "br0", "--network", "a b", "--config", "/run/it's $HOME.conf");
    assert.equal(up.code, 0, up.stderr);
    assert.equal((await task("tproxy", "start")).code, 0);
    await assertServed(guest);
    assert.match((await task("tproxy", "status")).stdout, /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    assert.equal((await task("setup", "down", "--bridge", "br0")).code, 0);
    assert.equal((await task("tproxy", "reload")).code, 0);
    assert.equal((await task("tproxy", "status")).code, 3);
  }),
);

Deno.test(
  "reload returns when a new port listens, and not before",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const inner = await hv.pidOf("one_tproxy_br0");
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", `{ 81 : ${GATE} . 5030 }`]);
    await hv.host.text(["kill", "-STOP", inner]);
    let hasReturned = false;
    const reload = hv.control("reload").finally(() => hasReturned = true);
    await Promise.race([reload, delay(1_000)]);
    await hv.host.text(["kill", "-CONT", inner]);
    assert.ok(!hasReturned, "it has returned although nobody can have opened the port");
    await reload;
    await assertServed(guest, 81);
  }),
);
