/**
 * What is told of the proxies to those who watch many hosts.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type LastPass, parseLastPass } from "../lib/daemon/last_pass.ts";
import { RUN_FILES } from "../lib/paths.ts";
import type { Counts } from "../lib/protocol/counts.ts";
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { GATE_LABELS, metricsOf, readMetrics } from "./lab/metrics.ts";
import { CONFIG, entry, fetchFrom, inLab, makeScenario, served } from "./lab/scenario.ts";

async function lastPass(hv: Hypervisor): Promise<LastPass> {
  const pass = parseLastPass(await hv.host.text(["cat", RUN_FILES.completedPass]));
  assert.ok(pass !== undefined);
  return pass;
}

/** The labels of a service that nobody serves. */
const DEAD = 'bridge="br0",service_port="81",network="vnet0"';

/** Waits until metrics are as they should be; counts are up to a second old. */
function untilMetrics(hv: Hypervisor, what: string, holds: (metrics: ReadonlyMap<string, number>) => boolean) {
  return until(what, async () => {
    const metrics = await metricsOf(hv);
    return holds(metrics) && metrics;
  });
}

Deno.test(
  "each completed pass is recorded with its time, and one that fails is not",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    const before = Date.now();
    await hv.serve("br0");
    const ofStart = await lastPass(hv);
    assert.ok(!ofStart.isWatch && ofStart.at >= before && ofStart.seconds > 0);
    await hv.host.write("/run/nothing", "");
    await hv.host.text(["mount", "--bind", "/run/nothing", "/usr/sbin/nft"]);
    assert.equal((await hv.tproxy("start")).code, 1);
    assert.deepEqual(await lastPass(hv), ofStart);
    await hv.host.text(["umount", "/usr/sbin/nft"]);
    hv.startWatch();
    const ofWatch = await until("the watch has made a pass", async () => {
      const pass = await lastPass(hv);
      return pass.isWatch && pass;
    });
    await until("it has made one more", async () => (await lastPass(hv)).at > ofWatch.at);
    const metrics = await metricsOf(hv);
    assert.ok((metrics.get("pass_seconds") ?? 0) > 0);
    assert.ok((metrics.get("pass_timestamp_seconds") ?? 0) * 1000 >= ofWatch.at);
  }),
);

Deno.test(
  "metrics count streams, bytes, connects and their failures by service",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab, CONFIG + entry(81, "", 9));
    const before = await metricsOf(hv);
    for (const name of ["streams_total", "streams_live", "connect_seconds_count"]) {
      assert.equal(before.get(`${name}{${GATE_LABELS}}`), 0, name);
    }
    assert.equal(before.get('up{program="outer"}'), 1);
    assert.equal(before.get('up{program="inner",bridge="br0"}'), 1);
    const download = await startDownload(gate, guest);
    for (let i = 0; i < 3; i++) await fetchFrom(guest, "/who");
    const metrics = await untilMetrics(hv, "all four streams are counted", (metrics) => {
      return metrics.get(`streams_total{${GATE_LABELS}}`) === 4 && metrics.get(`streams_live{${GATE_LABELS}}`) === 1 &&
        metrics.get(`connect_seconds_count{${GATE_LABELS}}`) === 4;
    });
    assert.ok((metrics.get(`bytes_total{${GATE_LABELS},direction="up"}`) ?? 0) > 100);
    assert.ok((metrics.get(`bytes_total{${GATE_LABELS},direction="down"}`) ?? 0) > 100);
    assert.equal(metrics.get(`connect_seconds_bucket{${GATE_LABELS},le="+Inf"}`), 4);
    assert.ok((metrics.get(`connect_seconds_sum{${GATE_LABELS}}`) ?? 0) > 0);
    assert.ok(await download.finish());
    await until("both have counted the ends of all streams", async () => {
      const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
      const live = proxies.flatMap(({ counts }: { counts: Counts }) => counts.services?.map(({ live }) => live) ?? []);
      return live.length === 2 && live.every((count: number) => count === 0);
    });

    await guest.run(["curl", "-s", "--max-time", "5", "http://169.254.16.9:81/who"]);
    await untilMetrics(
      hv,
      "the failure is counted",
      (metrics) => metrics.get(`connect_failures_total{${DEAD},program="outer"}`) === 1,
    );
    const [outer] = await hv.pids();
    await hv.host.text(["kill", "-KILL", String(outer)]);
    const down = await untilMetrics(hv, "outer is gone", (metrics) => metrics.get('up{program="outer"}') === 0);
    assert.equal(down.get(`connect_failures_total{${GATE_LABELS},program="outer"}`), undefined);
    await guest.run(["curl", "-s", "--max-time", "5", "http://169.254.16.9:5030/who"]);
    await untilMetrics(
      hv,
      "inner has counted that it has no outer",
      (metrics) => (metrics.get(`connect_failures_total{${GATE_LABELS},program="inner"}`) ?? 0) >= 1,
    );
  }),
);

Deno.test(
  "a file for node_exporter is written at once, for all to read, and promtool finds nothing wrong with it",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await fetchFrom(guest, "/who");
    await hv.host.text([
      "sh",
      "-c",
      "mkdir /run/metrics; ln -s /run/victim /run/metrics/one_tproxy.prom.new; umask 077",
    ]);
    await hv.host.text(["ln", "-s", "/run/victim", "/run/metrics/one_tproxy.prom"]);
    const argv = hv.tproxyArgv("metrics", "--textfile", "/run/metrics");
    await hv.host.text(["sh", "-c", 'umask 077; exec "$0" "$@"', ...argv]);
    assert.equal(await hv.host.text(["ls", "-A", "/run/metrics"]), "one_tproxy.prom\n");
    assert.equal(await hv.host.text(["stat", "-c", "%a %F", "/run/metrics/one_tproxy.prom"]), "644 regular file\n");
    assert.equal((await hv.host.run(["test", "-e", "/run/victim"])).code, 1);
    const text = await hv.host.text(["cat", "/run/metrics/one_tproxy.prom"]);
    const printed = await hv.tproxy("metrics");
    assert.deepEqual([...readMetrics(text).keys()], [...readMetrics(printed.stdout).keys()]);
    const checked = await hv.host.run(["promtool", "check", "metrics"], text);
    assert.deepEqual(checked, { code: 0, stdout: "", stderr: "" });
    const missing = await hv.tproxy("metrics", "--textfile", "/run/nowhere");
    assert.equal(missing.code, 1);
    assert.match(
      missing.stderr,
      /^tproxy: error: Cannot write \/run\/nowhere\/one_tproxy\.prom: .*--textfile the folder/,
    );
  }),
);

Deno.test(
  "metrics tell which limit has refused streams",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab, `${CONFIG}  :max_connections: 1\n`);
    const download = await startDownload(gate, guest);
    for (let i = 0; i < 2; i++) await guest.run(["curl", "-s", "--max-time", "5", "http://169.254.16.9:5030/who"]);
    const refused = (limit: string) => `refused_total{${GATE_LABELS},program="inner",limit="${limit}"}`;
    const metrics = await untilMetrics(
      hv,
      "both are counted",
      (metrics) => metrics.get(refused("max_connections")) === 2,
    );
    assert.equal(metrics.get(refused("max_connections_per_guest")), 0);
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "after a restart the counts begin at 0 and never go down by a part; what the replaced proxy moves has series of its own",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const download = await startDownload(gate, guest);
    for (let i = 0; i < 3; i++) await fetchFrom(guest, "/who");
    await untilMetrics(hv, "all are counted", (metrics) => metrics.get(`streams_total{${GATE_LABELS}}`) === 4);
    const before = await metricsOf(hv);
    await hv.control("restart");
    const after = await metricsOf(hv);
    const isOfReplaced = (name: string) => name.startsWith("bytes_total{") && name.includes(",replaced_pid=");
    const [replaced = ""] = [...after.keys()].filter((name) => isOfReplaced(name) && name.includes("down"));
    const down = after.get(replaced) ?? 0;
    assert.ok(down > 0 && down >= (before.get(`bytes_total{${GATE_LABELS},direction="down"}`) ?? Infinity), replaced);
    assert.equal(after.get(`bytes_total{${GATE_LABELS},direction="down"}`), 0);
    assert.equal(after.get(`streams_total{${GATE_LABELS}}`), 0);
    assert.equal(after.get(`streams_live{${GATE_LABELS}}`), 1);
    await fetchFrom(guest, "/who");
    await untilMetrics(hv, "the new proxy counts", (metrics) => metrics.get(`streams_total{${GATE_LABELS}}`) === 1);
    assert.ok(await download.finish());
    const last = await untilMetrics(hv, "the last one has ended", (metrics) => {
      return metrics.get(`streams_live{${GATE_LABELS}}`) === 0;
    });
    assert.equal(last.get(`streams_total{${GATE_LABELS}}`), 1);
    await untilMetrics(hv, "its series end with it", (metrics) => ![...metrics.keys()].some(isOfReplaced));
  }),
);

Deno.test(
  "metrics tell which rule has dropped packets, and counting them changes no rule",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const rule = 'packets_dropped_total{bridge="br0",rule="sender-ip"}';
    assert.equal((await metricsOf(hv)).get(rule), 0);
    await guest.text(["ip", "address", "add", "169.254.16.9/32", "dev", "eth0"]);
    await guest.run(["ping", "-c", "3", "-i", "0.01", "-W", "1", "-I", "169.254.16.9", "192.168.150.1"]);
    await guest.run(["ip", "neighbour", "replace", "192.168.150.1", "lladdr", "02:00:00:00:00:01", "dev", "eth0"]);
    await guest.run(["ping", "-c", "3", "-i", "0.01", "-W", "1", "-I", "169.254.16.9", "192.168.150.1"]);
    await untilMetrics(hv, "the packets are counted", (metrics) => (metrics.get(rule) ?? 0) > 0);
    assert.equal((await hv.tproxy("status")).code, 0);
  }),
);

Deno.test(
  "a proxy that is taken over can write numbers, and no name or label",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const file = "/run/one_tproxy/written-by-proxies/inner-stats.br0.json";
    const [, inner] = await hv.pids();
    await hv.host.text(["kill", "-STOP", String(inner)]);
    const names = [...(await metricsOf(hv)).keys()];
    const counts = JSON.parse(await hv.host.text(["cat", file]));
    const evil = { ...counts.services[0], live: 9, total: 9, failed: 9, up: 9, down: 9, refused: { 'x"}\n': 9 } };
    const connects = Array(9).fill(0);
    const services = [5030, 81, 0].flatMap((port) =>
      ["br0", "br1", 'x"} 1\n', undefined].map((bridge) => ({ ...evil, connects, connectSeconds: 9, port, bridge }))
    );
    await hv.host.write(file, JSON.stringify({ ...counts, services }));
    const metrics = await metricsOf(hv);
    assert.deepEqual([...metrics.keys()], names);
    assert.equal(metrics.get(`streams_total{${GATE_LABELS}}`), 9);
    await hv.host.write(file, JSON.stringify({ ...counts, services: [{ ...evil, total: -1 }] }));
    assert.equal((await metricsOf(hv)).has(`streams_total{${GATE_LABELS}}`), false);
    await hv.host.text(["kill", "-CONT", String(inner)]);
  }),
);
