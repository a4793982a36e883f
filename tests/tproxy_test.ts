/**
 * `tproxy` and the daemons: who runs, as whom, until when; and that live streams outlast what is done to them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DRAIN_TIMEOUT_MS } from "../lib/proxy/daemon.ts";
import { run, until } from "./lab/command.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, fetchFrom, GATE, inLab, makeScenario } from "./lab/scenario.ts";
import { startNginx } from "./lab/nginx.ts";

/** Starts a download that takes until it is let go on, and waits until it is under way. */
async function startDownload(gate: Host, guest: Host) {
  await gate.text(["dd", "if=/dev/urandom", "of=/run/nginx-5030/files/big", "bs=1M", "count=20", "status=none"]);
  // FIFO: nothing reads it yet, so the stream is alive for as long as the test wants.
  await guest.text(["mkfifo", "/run/fifo"]);
  const download = guest.start([
    ...["curl", "-sS", "--fail", "-o", "/run/fifo", "http://169.254.16.9:5030/files/big"],
  ]);
  const hold = guest.start(["sh", "-c", "exec 3</run/fifo; read -r go </run/go; sha256sum <&3"]);
  await guest.text(["mkfifo", "/run/go"]);
  await until("the download is under way", async () => {
    const { stdout } = await guest.run(["ss", "-Htn", "state", "established", "dst", "169.254.16.9"]);
    return stdout !== "";
  });
  return {
    /** Lets the download go on, and says whether it arrived unchanged. */
    async finish(): Promise<boolean> {
      await guest.text(["sh", "-c", "echo go >/run/go"]);
      const code = await download.ended();
      await hold.ended();
      const want = (await gate.text(["sha256sum", "/run/nginx-5030/files/big"])).slice(0, 64);
      return code === 0 && hold.output.includes(want);
    },
  };
}

async function pidsOf(hv: Hypervisor): Promise<number[]> {
  return [...(await hv.status()).values()];
}

Deno.test(
  "status has the user document's form, outer first, and says by its exit code what runs",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    assert.deepEqual(await hv.tproxy("status"), { code: 3, stdout: "", stderr: "" });
    await hv.up("br0");
    await hv.control("start");
    const { code, stdout } = await hv.tproxy("status");
    assert.equal(code, 0);
    assert.match(stdout, /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    const [outer, inner] = await pidsOf(hv);
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
  "start and reload leave alone what runs as it should",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const pids = await pidsOf(hv);
    const download = await startDownload(gate, guest);
    for (const verb of ["start", "reload", "start", "reload"]) await hv.control(verb);
    assert.deepEqual(await pidsOf(hv), pids);
    assert.ok(await download.finish());
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
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const [outer, inner] = await pidsOf(hv);
    for (const pid of [outer, inner]) {
      const status = await hv.host.text(["cat", `/proc/${pid}/status`]);
      assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
      assert.match(status, /^Gid:\t65534\t65534\t65534\t65534$/m);
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
  "the daemons end by themselves when no endpoint is left, and leave nothing",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    await hv.down("br0");
    await hv.control("start");
    assert.equal((await hv.tproxy("status")).code, 3);
    await until("they have ended", async () => !(await hv.host.text(["ps", "-eo", "args="])).match(/^one_tproxy/m));
    assert.equal(await hv.host.text(["find", "/run/one_tproxy", "-mindepth", "1", "!", "-name", "*.lock"]), "");
    assert.deepEqual((await hv.host.text(["ls", "/var/log"])).trim().split("\n"), [
      "one_tproxy.log",
      "one_tproxy_br0.log",
    ]);
  }),
);

Deno.test(
  "stop ends everything and waits for it; start begins anew",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const pids = await pidsOf(hv);
    await hv.control("stop");
    for (const pid of pids) {
      assert.doesNotMatch((await hv.host.run(["ps", "-o", "args=", "-p", String(pid)])).stdout, /^one_tproxy/);
    }
    await hv.control("stop");
    assert.equal((await guest.run(["curl", "-s", "http://169.254.16.9:5030/who"])).code, 7);
    await hv.control("start");
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  }),
);

Deno.test(
  "restart replaces every daemon while a live stream goes on and new guests are served",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const before = await pidsOf(hv);
    const download = await startDownload(gate, guest);
    await hv.control("restart");
    const after = await pidsOf(hv);
    assert.equal(after.length, 2);
    assert.ok(after.every((pid) => !before.includes(pid)), `${before} became ${after}`);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    assert.ok(await download.finish());
    await until("the old ones have ended", async () => {
      return !(await hv.host.text(["ps", "-eo", "args="])).includes("(draining)");
    });
  }),
);

Deno.test(
  "a predecessor serves its live streams for as long as they take; stop gives them five seconds",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const download = await startDownload(gate, guest);
    await hv.control("restart");
    const draining = async () => (await hv.host.text(["ps", "-eo", "args="])).includes("one_tproxy (draining)");
    assert.ok(await draining());
    // Longer than a stream gets at stop.
    await new Promise((resolve) => setTimeout(resolve, DRAIN_TIMEOUT_MS + 1000));
    assert.ok(await draining());
    const started = performance.now();
    await hv.control("stop");
    assert.ok(performance.now() - started >= DRAIN_TIMEOUT_MS - 1000, "stop did not wait for the stream");
    assert.equal(await draining(), false);
    assert.equal(await download.finish(), false, "the stream was not closed");
  }),
);

Deno.test(
  "reload follows nft: ports come and go and remotes change, while a live stream goes on",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await startNginx(gate, GATE, 8081);
    const other = await lab.service("other", "10.11.12.34");
    await startNginx(other, "10.11.12.34", 5030);
    await hv.up("br0");
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
  "maps, namespace and veth pair that the network driver made are served",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    // One process for each step and no comment, as the unmodified driver does it.
    const driver = [
      "ip netns add one_tproxy_br0",
      "ip link add br0b type veth peer name br0a",
      "ip link set dev br0b master br0",
      "ip link set dev br0b up",
      "ip netns exec one_tproxy_br0 sysctl -q -w net.ipv4.conf.all.arp_ignore=0",
      "ip link set dev br0a netns one_tproxy_br0",
      "ip -n one_tproxy_br0 link set dev br0a up",
      "ip -n one_tproxy_br0 address add 169.254.16.9/32 dev br0a",
      "ip -n one_tproxy_br0 route add default dev br0a",
      "nft add table ip one_tproxy",
      "nft add map ip one_tproxy ep_br0 { type inet_service : ipv4_addr . inet_service ; }",
      `nft add element ip one_tproxy ep_br0 { 81 : ${GATE} . 5030 }`,
      `nft add element ip one_tproxy ep_br0 { 5030 : ${GATE} . 5030 }`,
    ];
    for (const line of driver) await hv.host.text(line.split(" "));
    for (const verb of ["start", "reload"]) await hv.control(verb);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    assert.equal(await fetchFrom(guest, "/who", 81), "gate 10.11.12.1\n");
    for (
      const line of ["nft delete map ip one_tproxy ep_br0", "ip link delete br0b", "ip netns delete one_tproxy_br0"]
    ) {
      await hv.host.text(line.split(" "));
    }
    for (const verb of ["start", "reload"]) await hv.control(verb);
    assert.equal((await hv.tproxy("status")).code, 3);
  }),
);

Deno.test(
  "a listing that fails stops nothing",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const pids = await pidsOf(hv);
    for (const program of ["/usr/bin/false", "/usr/bin/true"]) {
      await hv.host.text(["mount", "--bind", program, "/usr/sbin/nft"]);
      for (const verb of ["start", "reload", "restart"]) {
        const { code, stderr } = await hv.tproxy(verb);
        assert.equal(code, 1, `${verb} with ${program} for nft`);
        assert.match(stderr, /^tproxy: error: Cannot (run nft|read what nft listed).*\n$/);
      }
      await hv.host.text(["umount", "/usr/sbin/nft"]);
    }
    assert.deepEqual(await pidsOf(hv), pids);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  }),
);

Deno.test(
  "a look-alike neither counts as a daemon nor is ended",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    const lookAlike = hv.host.start(["bash", "-c", "exec -a one_tproxy sleep 1000"]);
    const other = hv.host.start(["bash", "-c", "exec -a one_tproxy_br0 sleep 1000"]);
    assert.equal((await hv.tproxy("status")).code, 3);
    await hv.up("br0");
    await hv.control("start");
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    await hv.control("stop");
    for (const { pid } of [lookAlike, other]) {
      assert.match((await run(["/usr/bin/ps", "-o", "args=", "-p", String(pid)])).stdout, /^one_tproxy/);
    }
  }),
);

Deno.test(
  "stale sockets, route files and a daemon left in a deleted namespace are no obstacle",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const before = await pidsOf(hv);
    await hv.down("br0");
    await hv.up("br0");
    await hv.host.text(["kill", "-KILL", String(before[0])]);
    await hv.host.text(["mkdir", "/run/one_tproxy/gone"]);
    await hv.host.write("/run/one_tproxy/br0/outer.socket.next", "");
    await hv.control("start");
    const after = await pidsOf(hv);
    assert.ok(after.length === 2 && after.every((pid) => !before.includes(pid)), `${before} became ${after}`);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    assert.equal((await hv.host.text(["ls", "/run/one_tproxy"])).includes("gone"), false);
  }),
);

Deno.test(
  "a socket that somebody removed is there again after a start",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const pids = await pidsOf(hv);
    await hv.host.text(["rm", "/run/one_tproxy/br0/outer.socket"]);
    assert.notEqual((await guest.run(["curl", "-s", "http://169.254.16.9:5030/who"])).code, 0);
    await hv.control("start");
    await until("the guest is served", async () => {
      return (await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"])).code === 0;
    });
    assert.deepEqual(await pidsOf(hv), pids);
  }),
);

Deno.test(
  "status --json tells what each proxy serves and has done",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(
      lab,
      CONFIG + `- {":service_port": 1234, ":remote_addr": ${GATE}, ":remote_port": 4321}\n`,
    );
    await hv.up("br0");
    await hv.control("start");
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
      if (last === "start") assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    }
    await until("none is left", async () => !(await hv.host.text(["ps", "-eo", "args="])).match(/^one_tproxy/m));
  }),
);

Deno.test(
  "a SIGHUP that comes while a daemon starts or reloads is not lost",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    const inner = (await hv.status()).get("one_tproxy_br0");
    for (let port = 81; port < 91; port++) {
      await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", `{ ${port} : ${GATE} . 5030 }`]);
      await Promise.all([hv.control("reload"), hv.host.text(["kill", "-HUP", String(inner)])]);
    }
    await until("the last port is served", async () => {
      return (await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:90/who"])).code === 0;
    });
    // From the first moment on: setpriv, env, the runtime, the daemon.
    const storm = hv.host.start(["sh", "-c", "while :; do pkill -HUP -u nobody -f 'one_tproxy|fd/3'; done"]);
    await hv.control("restart");
    storm.signal("SIGKILL");
    assert.equal(await fetchFrom(guest, "/who", 90), "gate 10.11.12.1\n");
  }),
);

Deno.test(
  "the debug level is followed on reload, and a rotated log is reopened",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, CONFIG.replace("level: 3", "level: 2"));
    await hv.up("br0");
    await hv.control("start");
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
  "deno task hands its arguments to the programs unchanged",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, ":tproxy: []\n");
    await hv.host.write("/run/it's $HOME.conf", ROOTLESS ? `:tproxy_process_owner: root\n${CONFIG}` : CONFIG);
    const task = (...args: string[]) => hv.host.run([Deno.execPath(), "task", "--quiet", ...args]);
    const up = await task("setup", "up", "--bridge", "br0", "--network", "a b", "--config", "/run/it's $HOME.conf");
    assert.equal(up.code, 0, up.stderr);
    assert.equal((await task("tproxy", "start")).code, 0);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    assert.match((await task("tproxy", "status")).stdout, /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    assert.equal((await task("setup", "down", "--bridge", "br0")).code, 0);
    assert.equal((await task("tproxy", "reload")).code, 0);
    assert.equal((await task("tproxy", "status")).code, 3);
  }),
);
