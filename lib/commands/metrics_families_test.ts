import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { CONNECT_BOUNDS, type ServiceCounts } from "../protocol/counts.ts";
import { innerOf, OUTER } from "../role.ts";
import { familiesOf } from "./metrics_families.ts";
import type { MetricsView } from "./metrics_view.ts";
import { renderMetrics } from "./metrics_text.ts";

const BR0 = parseBridgeName("br0");
const ENDPOINT = { servicePort: 5030, remoteAddr: "10.0.0.1", remotePort: 80 };
const TOTALS = { listening: [], live: 0, total: 0, failed: 0, refused: 0, up: 0, down: 0 };
const SERVICE: ServiceCounts = {
  ...{ port: 5030, live: 2, total: 7, failed: 1, up: 10, down: 200 },
  refused: { max_connections: 3 },
  connects: CONNECT_BOUNDS.map((_, i) => i).concat(1),
  connectSeconds: 1.5,
};

const NONE = { draining: new Map(), moved: [] };
const MOVED = [{ pid: 7, port: 5030, up: 3, down: 4 }, { pid: 8, port: 81, up: 5, down: 6 }];

const VIEW: MetricsView = {
  version: "1.2.3",
  proxies: [
    { role: OUTER, runs: true, counts: { ...TOTALS, services: [{ ...SERVICE, bridge: "br0" }] }, ...NONE },
    {
      role: innerOf(BR0),
      runs: true,
      counts: { ...TOTALS, services: [SERVICE] },
      draining: new Map([[5030, 4]]),
      moved: MOVED,
    },
  ],
  endpoints: new Map([[BR0, [ENDPOINT]]]),
  record: new Map([[BR0, [{ id: "7", name: "vnet0", endpoints: [ENDPOINT] }]]]),
  dropped: [{ rule: "inner-sends", packets: 1 }, { rule: "sender-ip", packets: 2, bridge: BR0 }],
  lastPass: { at: 1_700_000_000_000, seconds: 0.25, isWatch: true },
};

function lines(view: MetricsView): string[] {
  return renderMetrics(familiesOf(view), "prometheus").split("\n").filter((line) => !line.startsWith("#"));
}

const LABELS = 'bridge="br0",service_port="5030",network="vnet0"';

Deno.test("streams are those that inner counts, connects those of outer, and neither is added to the other", () => {
  const text = lines(VIEW);
  for (
    const line of [
      `one_tproxy_streams_live{${LABELS}} 6`,
      `one_tproxy_streams_total{${LABELS}} 7`,
      `one_tproxy_bytes_total{${LABELS},direction="up"} 10`,
      `one_tproxy_bytes_total{${LABELS},direction="down"} 200`,
      `one_tproxy_bytes_total{${LABELS},replaced_pid="7",direction="up"} 3`,
      `one_tproxy_bytes_total{${LABELS},replaced_pid="7",direction="down"} 4`,
      `one_tproxy_refused_total{${LABELS},program="inner",limit="max_connections"} 3`,
      `one_tproxy_refused_total{${LABELS},program="inner",limit="max_connections_per_guest"} 0`,
      `one_tproxy_refused_total{${LABELS},program="outer",limit="tproxy_max_connections"} 0`,
      `one_tproxy_refused_total{bridge="br0",program="outer",limit="tproxy_max_connections"} 0`,
      `one_tproxy_connect_failures_total{${LABELS},program="inner"} 1`,
      `one_tproxy_connect_failures_total{${LABELS},program="outer"} 1`,
      `one_tproxy_connect_seconds_bucket{${LABELS},le="0.001"} 0`,
      `one_tproxy_connect_seconds_bucket{${LABELS},le="1.0"} 15`,
      `one_tproxy_connect_seconds_bucket{${LABELS},le="+Inf"} 29`,
      `one_tproxy_connect_seconds_sum{${LABELS}} 1.5`,
      `one_tproxy_connect_seconds_count{${LABELS}} 29`,
      `one_tproxy_packets_dropped_total{rule="inner-sends"} 1`,
      `one_tproxy_packets_dropped_total{bridge="br0",rule="sender-ip"} 2`,
      `one_tproxy_pass_timestamp_seconds 1700000000`,
      `one_tproxy_build_info{version="1.2.3"} 1`,
      `one_tproxy_up{program="inner",bridge="br0"} 1`,
    ]
  ) assert.ok(text.includes(line), line);
});

Deno.test("a service without a stream has all its metrics at 0, and one whose proxies do not run has none", () => {
  const counts = { ...TOTALS, services: [] };
  const idle = lines({ ...VIEW, proxies: VIEW.proxies.map((proxy) => ({ ...proxy, counts, ...NONE })) });
  assert.ok(idle.includes(`one_tproxy_connect_seconds_bucket{${LABELS},le="+Inf"} 0`));
  assert.deepEqual(idle.filter((line) => /5030.* [^0]/.test(line)), []);
  assert.equal(idle.length, lines(VIEW).filter((line) => !line.includes("replaced_pid")).length);
  const down = lines({
    ...VIEW,
    proxies: VIEW.proxies.map(({ role }) => ({ role, runs: false, ...NONE })),
  });
  assert.ok(down.includes('one_tproxy_up{program="outer"} 0'));
  assert.deepEqual(down.filter((line) => line.includes("5030")), []);
});

Deno.test("what a proxy says of other bridges, or of services that are in no map, is left out", () => {
  const others = [{ ...SERVICE, bridge: "br1" }, { ...SERVICE, port: 81 }, { ...SERVICE, port: 81, bridge: "br0" }];
  const more = VIEW.proxies.map((proxy) => ({
    ...proxy,
    counts: { ...TOTALS, services: [...(proxy.counts?.services ?? []), ...others] },
  }));
  assert.deepEqual(lines({ ...VIEW, proxies: more }), lines(VIEW));
});
