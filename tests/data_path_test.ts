/**
 * The data path, end to end: a guest, the string-phone, a service that the guest has no route to.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Counts } from "../lib/protocol/counts.ts";
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import { startNginx, TOKEN } from "./lab/nginx.ts";
import { assertServed, CONFIG, entry, fetchFrom, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

Deno.test(
  "a guest reads its token's VM from a service that it has no route to",
  inLab(async (lab) => {
    const { guest } = await served(lab);
    const direct = await guest.run(["curl", "-sS", "--max-time", "2", `http://${GATE}:5030/vm`]);
    assert.notEqual(direct.code, 0, "the guest has a route to the service, so the lab proves nothing");
    const headers = ["-H", `X-ONEGATE-TOKEN: ${TOKEN}`, "-H", "X-ONEGATE-VMID: 42"];
    const vm = await guest.text(["curl", "-sS", "--max-time", "5", ...headers, "http://169.254.16.9:5030/vm"]);
    assert.deepEqual(JSON.parse(vm), { VM: { NAME: "example0-0", ID: "42" } });
    await assertServed(guest, 5030, "the service sees the hypervisor");
  }),
);

Deno.test(
  "a service on another port than the guest's is reached, under 1024 too",
  inLab(async (lab) => {
    const { gate, guest } = await served(lab, CONFIG + entry(80, "", 8081));
    await startNginx(gate, GATE, 8081);
    await assertServed(guest, 80);
  }),
);

Deno.test(
  "two bridges are served at once, and one port may lead to another service on each",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(
      lab,
      `:tproxy:
- { ":service_port": 5030, ":remote_addr": ${GATE}, ":remote_port": 5030, ":networks": [7] }
- { ":service_port": 5030, ":remote_addr": 10.11.12.34, ":remote_port": 5030, ":networks": ["private net"] }
`,
    );
    const other = await lab.service("other", "10.11.12.34");
    await startNginx(other, "10.11.12.34", 5030);
    await hv.bridge("onebr-1.12");
    const neighbour = await lab.guest("guest2", hv, "onebr-1.12", "192.168.150.10");
    await hv.serve("br0");
    await assertServed(guest);
    await hv.up("onebr-1.12", "private net", "12");
    await hv.control("start");
    await assertServed(guest);
    assert.equal(await fetchFrom(neighbour, "/who"), "other 10.11.12.1\n");
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0", "one_tproxy_onebr-1.12"]);
  }),
);

Deno.test(
  "200 MB arrive unchanged both ways",
  inLab(async (lab) => {
    const { guest, gate } = await served(lab);
    await guest.text(["dd", "if=/dev/urandom", "of=/run/body", "bs=1M", "count=200", "status=none"]);
    const url = "http://169.254.16.9:5030/files/body";
    await guest.text(["curl", "-sS", "--fail", "--max-time", "60", "-T", "/run/body", url]);
    await guest.text(["curl", "-sS", "--fail", "--max-time", "60", "-o", "/run/back", url]);
    const sums = [["/run/body", guest], ["/run/nginx-5030/files/body", gate], ["/run/back", guest]] as const;
    const [sent, stored, received] = await Promise.all(
      sums.map(async ([path, host]) => (await host.text(["sha256sum", path])).slice(0, 64)),
    );
    assert.equal(stored, sent);
    assert.equal(received, sent);
  }),
);

Deno.test(
  "200 requests at once are all answered",
  inLab(async (lab) => {
    const { guest } = await served(lab);
    const { stdout, stderr } = await guest.run([
      ...["curl", "-sS", "--no-progress-meter", "--max-time", "20", "--parallel", "--parallel-immediate"],
      ...["--parallel-max", "200", "--no-keepalive", "-H", "Connection: close", "http://169.254.16.9:5030/who?[1-200]"],
    ]);
    assert.equal(stderr, "");
    assert.equal(stdout, "gate 10.11.12.1\n".repeat(200));
  }),
);

Deno.test(
  "a service that answers after the guest's FIN is heard",
  inLab(async (lab) => {
    const { gate, guest } = await served(lab, CONFIG + entry(7, "", 7007));
    // sha256sum prints nothing before it has read to the end.
    gate.start(["socat", `TCP-LISTEN:7007,bind=${GATE},fork,reuseaddr`, "EXEC:sha256sum"]);
    const answer = await until("the service answers", async () => {
      const { stdout } = await guest.run(["socat", "-t", "10", "-", "TCP:169.254.16.9:7"], "hello");
      return stdout || undefined;
    });
    assert.equal(answer, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824  -\n");
  }),
);

Deno.test(
  "a guest that reads slowly slows its service down instead of filling memory",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    await gate.text(["dd", "if=/dev/zero", "of=/run/nginx-5030/files/big", "bs=1M", "count=300", "status=none"]);
    const rss = async (pid: number) => Number(await hv.host.text(["ps", "-o", "rss=", "-p", String(pid)]));
    const pids = await hv.pids();
    await fetchFrom(guest, "/who");
    const before = await Promise.all(pids.map(rss));
    const slow = guest.start([
      "curl",
      "-sS",
      "--limit-rate",
      "1M",
      "-o",
      "/dev/null",
      "http://169.254.16.9:5030/files/big",
    ]);
    const bytes = async () => {
      const text = await guest.text(["ss", "-Htin", "dst", "169.254.16.9"]);
      return Number(/bytes_received:(\d+)/.exec(text)?.[1] ?? 0);
    };
    await until("3 MB have arrived", async () => await bytes() > 3_000_000);
    const after = await Promise.all(pids.map(rss));
    slow.signal("SIGTERM");
    after.forEach((kb, i) => assert.ok(kb - (before[i] ?? 0) < 20_000, `${before[i]} kB became ${kb} kB`));
  }),
);

Deno.test(
  "a service that is down ends the guest's stream at once and is named in the log",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG + entry(1234, "", 4321));
    const { code } = await guest.run(["curl", "-sS", "--max-time", "5", "http://169.254.16.9:1234/"]);
    assert.equal(code, 52, "curl did not get an end without an answer");
    const line = (await hv.log("one_tproxy")).find(({ message }) => message === "Cannot reach the service");
    assert.equal(line?.["level"], "error");
    assert.equal(line?.["bridge"], "br0");
    assert.match(String(line?.["guest"]), /^192\.168\.150\.10:\d+$/);
    assert.equal(line?.["port"], 1234);
    assert.equal(line?.["remote"], `${GATE}:4321`);
    assert.match(String(line?.["error"]), /ConnectionRefused/);
    await assertServed(guest, 5030, "the others are served");
  }),
);

Deno.test(
  "an unreachable service, or outer, is in the log at level 0, where there are only errors",
  inLab(async (lab) => {
    const config = CONFIG.replace("level: 3", "level: 0").replace("remote_port: 5030", "remote_port: 4321");
    const { hv, guest } = await served(lab, config);
    const ask = () => guest.run(["curl", "-sS", "--max-time", "5", "http://169.254.16.9:5030/"]);
    await ask();
    // A daemon reads the level after it has written its first line.
    const errors = async (log: string) =>
      (await hv.log(log)).filter(({ level }) => level === "error").map(({ message }) => message);
    assert.deepEqual(await errors("one_tproxy"), ["Cannot reach the service"]);
    await hv.kill("one_tproxy");
    await ask();
    assert.deepEqual(await errors("one_tproxy_br0"), ["Cannot pass the guest on to the outer proxy"]);
  }),
);

Deno.test(
  "a stream that reaches no service is counted as failed by both, and one whose service says nothing is not",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab, CONFIG + entry(8) + entry(9) + entry(10));
    gate.start(["socat", "-u", "TCP-LISTEN:8,fork,reuseaddr", "OPEN:/dev/null,append"]);
    gate.start(["socat", "TCP-LISTEN:9,fork,reuseaddr", "SYSTEM:exit"]);
    await until("the services listen", async () => {
      const listening = await gate.text(["ss", "-Htln"]);
      return /:8 /.test(listening) && /:9 /.test(listening);
    });
    const ends = (port: number) =>
      guest.run(["bash", "-c", `exec 3<>/dev/tcp/169.254.16.9/${port}; timeout 30 cat <&3`]);
    await ends(9);
    await guest.run(["sh", "-c", "echo | socat -u - TCP:169.254.16.9:8"]);
    const failed = async () => {
      const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
      // One that has written nothing yet has no counts.
      return proxies.map(({ counts }: { counts?: Counts }) => [counts?.total, counts?.failed]);
    };
    const counted = (what: string, wanted: number[][]) =>
      until(what, async () => JSON.stringify(await failed()) === JSON.stringify(wanted));
    await counted("both were brought to their services", [[2, 0], [2, 0]]);
    // Nothing listens there.
    await ends(10);
    await counted("the third was not", [[3, 1], [3, 1]]);
  }),
);

Deno.test(
  "the counts go up while a stream lives",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const download = await startDownload(gate, guest);
    await until("both have counted what went through, and the stream lives", async () => {
      const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
      return proxies.every(({ counts }: { counts?: Counts }) =>
        counts !== undefined && counts.live === 1 && counts.up > 0 && counts.down > 10_000
      );
    }, 30);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "a guest finds out at once that the outer proxy is gone",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pid = (await hv.status()).get("one_tproxy");
    await hv.host.text(["kill", "-KILL", String(pid)]);
    const { code } = await guest.run(["curl", "-sS", "--max-time", "5", "http://169.254.16.9:5030/who"]);
    assert.ok(code === 52 || code === 56, `curl exited with ${code}`);
    const log = await hv.log("one_tproxy_br0");
    assert.ok(
      log.some(({ message }) => message === "Cannot pass the guest on to the outer proxy"),
      JSON.stringify(log),
    );
    await hv.control("start");
    await assertServed(guest, 5030, "start brings it back");
  }),
);
