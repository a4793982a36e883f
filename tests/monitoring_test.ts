/**
 * What the distribution has for Prometheus and Grafana, checked with Prometheus itself.
 *
 * @module
 */

import assert from "node:assert/strict";
import dashboard from "../packaging/share/monitoring/dashboard.json" with { type: "json" };
import { until } from "../packaging/command.ts";
import { type Crowd, makeCrowd, PROXY, startClient, startService } from "./faults/crowd.ts";
import { answersTo, PANELS, query, type Range } from "./lab/dashboard.ts";
import { describe, drawDashboard } from "./lab/dashboard_picture.ts";
import { Host } from "./lab/host.ts";
import { GATE_LABELS } from "./lab/metrics.ts";
import { entry, fetchFrom, inLab } from "./lab/scenario.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const ALERTS = `${ROOT}packaging/share/monitoring/alerts.yml`;

/** An echo with a limit, and an entry whose service nobody runs. */
const ENTRIES = entry(7, ", ':max_connections_per_guest': 4") + entry(9);

/** How many times the metrics are written during the traffic; and what the rates are taken over. */
const ROUNDS = 30;
const RATE_SECONDS = 10;
const VARIABLES = { instance: "hv1", bridge: ".*", rateInterval: `${RATE_SECONDS}s` };

Deno.test("promtool takes the alert rules, and each fires when it should and not before", async () => {
  await using host = await Host.create("monitor");
  await host.text(["promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS]);
  await host.text(["cp", ALERTS, `${ROOT}tests/fixtures/alerts_test.yml`, "/run"]);
  await host.text(["promtool", "test", "rules", "/run/alerts_test.yml"]);
  const named = async (path: string, pattern: string) =>
    new Set((await host.text(["sed", "-n", `s/${pattern}/\\1/p`, path])).trim().split("\n"));
  const rules = await named("/run/alerts.yml", "^ *- alert: //; s/^\\([A-Z][A-Za-z]*\\)$");
  assert.deepEqual(await named("/run/alerts_test.yml", "^ *alertname: \\([A-Za-z]*\\)$"), rules);
});

Deno.test(
  "Prometheus scrapes both forms, and every panel of the dashboard finds something and is in the picture in docs/",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: ENTRIES });
    const { hv: { host }, hv, guest, gate } = crowd;
    await startService(gate, 7, "echo");
    await host.ip("link set dev lo up");
    await host.text(["mkdir", "-p", "/run/metrics", "/run/prometheus"]);
    const configuration = `global: { scrape_interval: 1s, scrape_timeout: 900ms }
rule_files: [ ${ALERTS} ]
scrape_configs:
- { job_name: textfile, static_configs: [ { targets: [ "127.0.0.1:9100" ], labels: { instance: hv1 } } ] }
- { job_name: openmetrics, static_configs: [ { targets: [ "127.0.0.1:9101" ] } ] }
`;
    await host.write("/run/prometheus.yml", configuration);
    const type = "application/openmetrics-text; version=1.0.0";
    const write = async () => {
      await host.text(hv.tproxyArgv("metrics", "--textfile", "/run/metrics"));
      const { stdout } = await hv.tproxy("metrics");
      await host.write("/run/answer", `HTTP/1.0 200 OK\r\nContent-Type: ${type}\r\n\r\n${stdout}`);
    };
    await write();
    // Forked, since a process outside of the host's process namespace can't start threads.
    const start = (...argv: string[]) => host.start(argv, { inside: true });
    const collector = ["--collector.disable-defaults", "--collector.textfile"];
    start(
      ...["prometheus-node-exporter", ...collector, "--collector.textfile.directory=/run/metrics"],
      "--web.listen-address=127.0.0.1:9100",
    );
    start("socat", "TCP-LISTEN:9101,bind=127.0.0.1,fork,reuseaddr", "SYSTEM:sed /^.$/q >/run/asked; cat /run/answer");
    start(
      ...["prometheus", "--config.file=/run/prometheus.yml", "--storage.tsdb.path=/run/prometheus"],
      "--web.listen-address=127.0.0.1:9090",
    );
    await until(
      "Prometheus answers",
      async () => (await host.run(["curl", "-sf", "http://127.0.0.1:9090/-/ready"])).code === 0,
      60,
    );
    const up = async () => (await query(host, "up == 1")).map(({ metric }) => metric["job"]).toSorted();
    await until("both are scraped", async () => (await up()).join() === "openmetrics,textfile", 60);
    assert.deepEqual(await query(host, "node_textfile_scrape_error == 1"), []);
    // The collector writes numbers in labels in its own way: "1" for "1.0".
    const series = async (job: string) => {
      const found = await query(host, `{__name__=~"one_tproxy_.*",job="${job}"}`);
      return found.map(({ metric: { job: _job, instance: _instance, ...labels } }) =>
        JSON.stringify(labels).replace('.0"', '"')
      )
        .toSorted();
    };
    assert.deepEqual(await series("openmetrics"), await series("textfile"));
    await fetchFrom(guest, "/who");
    const seen = await until("the stream is seen", async () => {
      await write();
      const [sample] = await query(host, `one_tproxy_streams_total{job="textfile",${GATE_LABELS}}`);
      return sample?.value[1] === "1" && sample;
    }, 60);
    assert.equal(seen.metric["network"], "vnet0");
    const range = await traffic(crowd, async () => {
      await write();
      const written = Date.now() / 1000;
      const scraped = async () => (await query(host, 'timestamp(up{job="textfile"})'))[0]?.value[1];
      await until("the new text is scraped", async () => Number(await scraped()) > written, 60);
    });
    const answers = [];
    for (const panel of PANELS) answers.push(await answersTo(host, panel, VARIABLES, range));
    const caption = "Drawn from the answers of Prometheus to the dashboard's queries, with traffic in the " +
      `lab, and rates over ${RATE_SECONDS} seconds; not a screenshot of Grafana`;
    await host.write(`${ROOT}.build/dashboard.svg`, drawDashboard(dashboard.title, caption, answers, range));
    const shown = await Deno.readTextFile(`${ROOT}docs/dashboard.svg`);
    const missing = PANELS.filter((panel) => !shown.includes(describe(panel))).map(({ title }) => title);
    assert.deepEqual(missing, [], "copy .build/dashboard.svg to docs/");
    assert.equal(shown.match(/<desc>/g)?.length, PANELS.length, "copy .build/dashboard.svg to docs/");
    assert.ok(shown.includes(caption), "copy .build/dashboard.svg to docs/");
  }),
);

/** Lets guests do what there is a panel for, and has the metrics scraped in between. Tells from when to when. */
async function traffic(crowd: Crowd, scrape: () => Promise<void>): Promise<Range> {
  const { hv, guest, neighbour, stranger } = crowd;
  const start = Date.now() / 1000;
  startClient(guest, { port: 7, count: 4, how: "verified", everyMs: 100 });
  startClient(stranger, { port: 7, count: 2, how: "verified", everyMs: 50 });
  for (let round = 0; round < ROUNDS; round++) {
    if (round === 6) startClient(neighbour, { port: 7, count: 3, how: "verified", everyMs: 100 });
    for (let i = 0; i < round % 7; i++) await fetchFrom(stranger, "/who");
    // One stream more than the limit, and a service that is not there.
    if (round % 5 > 2) {
      for (const port of [7, 9]) await guest.run(["curl", "-s", "--max-time", "5", `http://${PROXY}:${port}/`]);
    }
    if (round % 4 === 0) await hv.control("reload");
    await scrape();
  }
  return { start, end: start + Math.floor(Date.now() / 1000 - start), step: 1 };
}
