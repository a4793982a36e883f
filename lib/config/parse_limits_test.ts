import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { describeProblem } from "./config.ts";
import { parseConfig } from "./parse.ts";

const ENTRY = ":tproxy:\n- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";
const CONNECTIONS = "a number of connections from 1 to 1000000";
const SECONDS = "whole seconds from 1 to 86400";

function parse(text: string) {
  const { limits, entries, problems } = parseConfig(text, "a.conf");
  return {
    limits,
    options: entries?.[0]?.options,
    entries,
    problems: problems.map((p) => describeProblem("a.conf", p)),
  };
}

Deno.test("parseConfig() has the default limits where none is set, and no options", () => {
  for (const unset of ["", ":tproxy_max_connections:\n", ":tproxy_idle_timeout: ~\n"]) {
    const { limits, entries, problems } = parse(unset + ENTRY + "  :idle_timeout:\n");
    assert.deepEqual([limits, problems], [DEFAULT_LIMITS, []]);
    assert.equal(Object.hasOwn(entries?.[0] ?? {}, "options"), false);
  }
});

Deno.test("parseConfig() reads every limit, timeouts in seconds, quoted or not", () => {
  const { limits, problems } = parse(`:tproxy_max_connections: 1
:tproxy_max_connections_per_bridge: "2"
tproxy_max_connections_per_guest: 1_000_000
:tproxy_connection_rate_per_guest: 3
:tproxy_connect_timeout: 4
:tproxy_idle_timeout: 86400
:tproxy_header_timeout: '6'
:tproxy_drain_timeout: 7
:tproxy_hard_stop_after: 604800
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(limits, {
    maxConnections: 1,
    maxConnectionsPerBridge: 2,
    maxConnectionsPerGuest: 1_000_000,
    connectionRatePerGuest: 3,
    connectTimeoutMs: 4000,
    idleTimeoutMs: 86_400_000,
    headerTimeoutMs: 6000,
    drainTimeoutMs: 7000,
    hardStopAfterMs: 604_800_000,
  });
});

Deno.test("parseConfig() reads every option of an entry", () => {
  const text = `${ENTRY}  :max_connections: 100
  :max_connections_per_guest: 10
  :connect_timeout: 5
  :idle_timeout: "60"
  :proxy_protocol: v2
`;
  const { options, problems } = parse(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(options, {
    maxConnections: 100,
    maxConnectionsPerGuest: 10,
    connectTimeoutMs: 5000,
    idleTimeoutMs: 60_000,
    proxyProtocol: "v2",
  });
});

Deno.test("parseConfig() reports a bad limit with its place, and has the default in its place", () => {
  for (const value of ["0", "-1", "1000001", "many", "1.5", "true", "[5]", "1:30"]) {
    const { limits, problems } = parse(`:tproxy_max_connections_per_guest: ${value}\n:tproxy_drain_timeout: 9\n`);
    assert.deepEqual(limits, { ...DEFAULT_LIMITS, drainTimeoutMs: 9000 });
    assert.deepEqual(problems, [
      `a.conf:1:36: :tproxy_max_connections_per_guest: is ${value}; expected ${CONNECTIONS}`,
    ]);
  }
  assert.deepEqual(parse(":tproxy_header_timeout: 86401\n").problems, [
    `a.conf:1:25: :tproxy_header_timeout: is 86401; expected ${SECONDS}`,
  ]);
});

Deno.test("parseConfig() drops a bad option with its place, and keeps the entry and its other options", () => {
  const bad = [["max_connections", "0", CONNECTIONS], ["connect_timeout", "5s", SECONDS], [
    "proxy_protocol",
    "v1",
    "v2",
  ]];
  for (const [key, value, expected] of bad) {
    const { options, problems } = parse(`${ENTRY}  :max_connections_per_guest: 3\n  :${key}: ${value}\n`);
    assert.deepEqual(options, { maxConnectionsPerGuest: 3 });
    assert.deepEqual(problems, [`a.conf:6:${6 + (key?.length ?? 0)}: :${key}: is ${value}; expected ${expected}`]);
  }
  const { entries } = parse(`${ENTRY}  :idle_timeout: no\n`);
  assert.deepEqual([entries?.length, Object.hasOwn(entries?.[0] ?? {}, "options")], [1, false]);
});

Deno.test("parseConfig() reports a limit and an option that are there twice", () => {
  const twice = parse(
    `:tproxy_idle_timeout: 1\n:tproxy_idle_timeout: 2\n${ENTRY}  :idle_timeout: 3\n  :idle_timeout: 4\n`,
  );
  assert.deepEqual([twice.limits.idleTimeoutMs, twice.options, twice.problems.length], [
    2000,
    { idleTimeoutMs: 4000 },
    2,
  ]);
});

Deno.test("parseConfig() reads whether guests need a route, for all entries and for one", () => {
  const read = (all: string, own: string) => {
    const { redirect, entries, problems } = parseConfig(`${all}\n${ENTRY}  ${own}\n`, "a.conf");
    return [redirect, entries?.[0]?.options?.redirect, problems.map((p) => describeProblem("a.conf", p))];
  };
  assert.deepEqual(read("", ""), [true, undefined, []]);
  assert.deepEqual(read(":tproxy_redirect:", ":redirect: ~"), [true, undefined, []]);
  assert.deepEqual(read(":tproxy_redirect: false", ":redirect: yes"), [false, true, []]);
  assert.deepEqual(read(":tproxy_redirect: on", ":redirect: off"), [true, false, []]);
  assert.deepEqual(read(":tproxy_redirect: 0", ':redirect: "false"'), [true, undefined, [
    "a.conf:1:19: :tproxy_redirect: is 0; expected true or false",
    'a.conf:6:14: :redirect: is "false"; expected true or false',
  ]]);
});
