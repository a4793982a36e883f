import assert from "node:assert/strict";
import fc from "fast-check";
import { type Family, renderMetrics } from "./metrics_text.ts";

const FAMILIES: readonly Family[] = [
  { name: "streams", type: "counter", help: "Streams.", samples: [{ labels: { bridge: "br0", port: 81 }, value: 3 }] },
  { name: "up", type: "gauge", help: "Up.", samples: [{ labels: { bridge: undefined }, value: 1 }, { value: 0.5 }] },
  { name: "nothing", type: "gauge", help: "No samples.", samples: [] },
];

Deno.test("renderMetrics() names a counter with _total in the older form, and without it in OpenMetrics", () => {
  assert.equal(
    renderMetrics(FAMILIES, "prometheus"),
    `# HELP one_tproxy_streams_total Streams.
# TYPE one_tproxy_streams_total counter
one_tproxy_streams_total{bridge="br0",port="81"} 3
# HELP one_tproxy_up Up.
# TYPE one_tproxy_up gauge
one_tproxy_up 1
one_tproxy_up 0.5
`,
  );
  assert.equal(
    renderMetrics(FAMILIES, "openmetrics"),
    `# HELP one_tproxy_streams Streams.
# TYPE one_tproxy_streams counter
one_tproxy_streams_total{bridge="br0",port="81"} 3
# HELP one_tproxy_up Up.
# TYPE one_tproxy_up gauge
one_tproxy_up 1
one_tproxy_up 0.5
# EOF
`,
  );
});

Deno.test("a label can't end itself, its line or the text, whatever a network is called", () => {
  const lineOf = (network: string) =>
    renderMetrics(
      [{ name: "up", type: "gauge", help: "Up.", samples: [{ labels: { network }, value: 1 }] }],
      "prometheus",
    )
      .split("\n");
  assert.equal(lineOf('a"} 1\n# EOF\\')[2], 'one_tproxy_up{network="a\\"} 1\ufffd# EOF\\\\"} 1');
  assert.equal(lineOf("x".repeat(1_000))[2]?.length, 'one_tproxy_up{network=""} 1'.length + 128);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (network) => {
    const lines = lineOf(network);
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? "", /^one_tproxy_up\{network="(?:[^"\\\n]|\\["\\])*"\} 1$/u);
  }));
});
