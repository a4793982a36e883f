import assert from "node:assert/strict";
import type { ProxyStatus } from "./status.ts";
import { renderWide } from "./status_table.ts";

const since = "2026-11-26T23:11:27.931Z";
const counts = { listening: [], live: 3, total: 9, failed: 1, refused: 2, up: 1, down: 1 };
const endpoint = (servicePort: number) => ({ servicePort, remoteAddr: "10.0.0.1", remotePort: 80 });
const OUTER: ProxyStatus = { title: "one_tproxy", pid: 16803, since, draining: false, counts };
const INNER: ProxyStatus = {
  ...{ title: "one_tproxy_br0", pid: 16809, since, draining: false, counts },
  endpoints: [endpoint(80), endpoint(5030)],
};

Deno.test("renderWide() has a row for each proxy, draining ones too, and for each that should run", () => {
  const old: ProxyStatus = { title: "one_tproxy_br0", pid: 700, since, draining: true, endpoints: [] };
  assert.equal(
    renderWide({ proxies: [OUTER, INNER, old], missing: ["one_tproxy_abr"], faults: [] }),
    `title           pid    since                 ports    live  failed  refused  state
one_tproxy      16803  2026-11-26T23:11:27Z  -        3     1       2        serving
one_tproxy_abr  -      -                     -        -     -       -        not running
one_tproxy_br0  16809  2026-11-26T23:11:27Z  80,5030  3     1       2        serving
one_tproxy_br0  700    2026-11-26T23:11:27Z  -        -     -       -        draining`,
  );
});

Deno.test("renderWide() says what is wrong with a proxy in place of its state", () => {
  const fault = { code: "silent", text: "shows no sign of life", remedy: "wait" };
  const [, outer, inner] = renderWide({
    proxies: [OUTER, INNER],
    missing: [],
    faults: [{ ...fault, subject: "one_tproxy" }, { ...fault, subject: "br0" }],
  }).split("\n");
  assert.match(outer ?? "", / shows no sign of life$/);
  assert.match(inner ?? "", / serving$/);
});

Deno.test("renderWide() names the addresses that do not answer outer", () => {
  const unanswered = { ...OUTER, counts: { ...counts, unanswered: ["10.0.0.1:80", "10.0.0.2:80"] } };
  const text = renderWide({ proxies: [unanswered], missing: [], faults: [] });
  assert.match(text, / 10\.0\.0\.1:80 does not answer, 10\.0\.0\.2:80 does not answer$/);
});

Deno.test("renderWide() has its head where nothing runs", () => {
  assert.equal(renderWide({ proxies: [], missing: [], faults: [] }).split("\n").length, 1);
});
