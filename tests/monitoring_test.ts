/**
 * What the distribution has for Prometheus and Grafana, checked with Prometheus itself.
 *
 * @module
 */

import assert from "node:assert/strict";
import dashboard from "../packaging/share/monitoring/dashboard.json" with { type: "json" };
import { until } from "../packaging/command.ts";
import { Host } from "./lab/host.ts";
import { GATE_LABELS } from "./lab/metrics.ts";
import { fetchFrom, inLab, served } from "./lab/scenario.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const ALERTS = `${ROOT}packaging/share/monitoring/alerts.yml`;

/** The queries of the dashboard, with values in the place of its variables. */
const QUERIES = dashboard.panels.flatMap((panel) => "targets" in panel ? panel.targets ?? [] : []).map(({ expr }) =>
  expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(?:instance|bridge)\b/g, ".*")
);

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
  "Prometheus scrapes both forms, and every query of the dashboard finds something",
  inLab(async (lab) => {
    const { hv: { host }, hv, guest } = await served(lab);
    await host.ip("link set dev lo up");
    await host.text(["mkdir", "-p", "/run/metrics", "/run/prometheus"]);
    const configuration = `global: { scrape_interval: 1s, scrape_timeout: 900ms }
rule_files: [ ${ALERTS} ]
scrape_configs:
- { job_name: textfile, static_configs: [ { targets: [ "127.0.0.1:9100" ] } ] }
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
    const query = async (expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
      const url = "http://127.0.0.1:9090/api/v1/query";
      const answer = await host.text(["curl", "-sS", "--get", "--data-urlencode", `query=${expr}`, url]);
      const { status, data, error } = JSON.parse(answer);
      assert.equal(status, "success", `${expr}: ${error}`);
      return data.result;
    };
    await until(
      "Prometheus answers",
      async () => (await host.run(["curl", "-sf", "http://127.0.0.1:9090/-/ready"])).code === 0,
      60,
    );
    const up = async () => (await query("up == 1")).map(({ metric }) => metric["job"]).toSorted();
    await until("both are scraped", async () => (await up()).join() === "openmetrics,textfile", 60);
    assert.deepEqual(await query("node_textfile_scrape_error == 1"), []);
    // The collector writes numbers in labels in its own way: "1" for "1.0".
    const series = async (job: string) => {
      const found = await query(`{__name__=~"one_tproxy_.*",job="${job}"}`);
      return found.map(({ metric: { job: _job, instance: _instance, ...labels } }) =>
        JSON.stringify(labels).replace('.0"', '"')
      )
        .toSorted();
    };
    assert.deepEqual(await series("openmetrics"), await series("textfile"));
    await fetchFrom(guest, "/who");
    const seen = await until("the stream is seen", async () => {
      await write();
      const [sample] = await query(`one_tproxy_streams_total{job="textfile",${GATE_LABELS}}`);
      return sample?.value[1] === "1" && sample;
    }, 60);
    assert.equal(seen.metric["network"], "vnet0");
    assert.ok(QUERIES.length > 8);
    for (const expr of QUERIES) {
      await until(`there is something for ${expr}`, async () => (await query(expr)).length > 0, 60);
    }
  }),
);
