import assert from "node:assert/strict";
import fc from "fast-check";
import type { Endpoint } from "../address.ts";
import { isDiallable } from "../address.ts";
import { KernelStateError } from "../errors.ts";
import { parseBridgeName } from "../names.ts";
import { parseMaps } from "./parse_state.ts";

const METAINFO = { metainfo: { version: "1.0.6", release_name: "Lester Gooch #5", json_schema_version: 1 } };

/** A listing as nft 1.0.6 prints it. */
function listing(...items: unknown[]): string {
  return JSON.stringify({ nftables: [METAINFO, ...items] });
}

function map(name: string, elem: unknown, overrides: Readonly<Record<string, unknown>> = {}): unknown {
  const type = { type: "inet_service", handle: 1, map: "ipv4_addr . inet_service" };
  return {
    map: { family: "ip", name, table: "one_tproxy", ...type, ...(elem === undefined ? {} : { elem }), ...overrides },
  };
}

function endpointsOf(json: string): [string, readonly Endpoint[]][] {
  return [...parseMaps(json).bridges];
}

const GATE = [5030, { concat: ["10.11.12.13", 5030] }];
const GATE_ENDPOINT = { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030 };

Deno.test("parseMaps() reads the maps of the network driver, with and without comments", () => {
  const commented = [{ elem: { val: 1234, comment: "idle_timeout=60" } }, { concat: ["10.11.12.34", 80] }];
  const json = listing(map("ep_br0", [GATE, commented]), map("ep_br1", [GATE], { comment: "vnet1" }));
  assert.deepEqual(parseMaps(json), {
    bridges: new Map([
      [parseBridgeName("br0"), [{
        servicePort: 1234,
        remoteAddr: "10.11.12.34",
        remotePort: 80,
        options: { idleTimeoutMs: 60_000 },
      }, GATE_ENDPOINT]],
      [parseBridgeName("br1"), [GATE_ENDPOINT]],
    ]),
    unusable: new Map(),
    warnings: [],
  });
});

Deno.test("parseMaps() keeps an endpoint whatever its comment says, with one warning", () => {
  const comments = [
    "the gate",
    "max_connections=0",
    "idle_timeout=1e3",
    "proxy_protocol=v1",
    "max_connections",
    7,
    null,
  ];
  for (const comment of [...comments, {}, "header_timeout=5", "\u001b[2J", "connect_timeout=86401", "constructor=1"]) {
    const { bridges, warnings } = parseMaps(listing(map("ep_br0", [[{ elem: { val: 5030, comment } }, GATE[1]]])));
    assert.deepEqual([...bridges], [["br0", [GATE_ENDPOINT]]], String(comment));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^Ignored in the comment of the element 5030 of the map ep_br0: "[ -~]*"/);
  }
});

Deno.test("parseMaps() takes the good options around bad words", () => {
  const comment = "max_connections=5 the idle_timeout=x max_connections=6 connect_timeout=2";
  const { bridges, warnings } = parseMaps(listing(map("ep_br0", [[{ elem: { val: 5030, comment } }, GATE[1]]])));
  const options = { maxConnections: 5, connectTimeoutMs: 2000 };
  assert.deepEqual([...bridges], [["br0", [{ ...GATE_ENDPOINT, options }]]]);
  assert.match(warnings.join(), /: "the", "idle_timeout=x", "max_connections=6": not an option that setup writes$/);
});

Deno.test("parseMaps() knows a bridge whose map is empty, and a host without maps", () => {
  assert.deepEqual(endpointsOf(listing(map("ep_br0", undefined), map("ep_br1", []))), [["br0", []], ["br1", []]]);
  assert.deepEqual(endpointsOf(listing()), []);
});

Deno.test("parseMaps() passes over tables and maps of others", () => {
  const { bridges, warnings } = parseMaps(listing(
    map("ep_br0", [GATE], { table: "nat" }),
    map("ep_br0", [GATE], { family: "ip6" }),
    map("services", [GATE]),
    { set: { family: "ip", table: "one_tproxy", name: "ep_br1" } },
    { map: null },
    null,
    7,
  ));
  assert.deepEqual([bridges.size, warnings], [0, []]);
});

Deno.test("parseMaps() skips an element that is no endpoint, with a warning, and keeps the others", () => {
  const remotes = [
    "10.0.0.1",
    { concat: ["10.0.0.1"] },
    { concat: ["10.0.0.1", 80, 80] },
    { concat: ["10.0.0.1", 0] },
    { concat: [80, "10.0.0.1"] },
    { concat: ["169.254.16.9", 80] },
    { concat: ["fe80::1", 80] },
  ];
  const ports = [0, "80", { range: [80, 90] }, { elem: { comment: "x" } }];
  const wrong = [
    ...[7, null, [], [80], [...GATE, 80]],
    ...remotes.map((remote) => [80, remote]),
    ...ports.map((port) => [port, { concat: ["10.0.0.1", 80] }]),
  ];
  for (const element of wrong) {
    const { bridges, warnings } = parseMaps(listing(map("ep_br0", [element, GATE])));
    assert.deepEqual([...bridges], [["br0", [GATE_ENDPOINT]]], JSON.stringify(element));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^Skipped the element .* of the map ep_br0: /);
  }
});

Deno.test("parseMaps() skips a map of a bridge that can't have a proxy, with a warning", () => {
  const { bridges, warnings } = parseMaps(listing(map("ep_abcdefghijklmnop", [GATE]), map("ep_br0", [GATE])));
  assert.deepEqual([...bridges.keys()], ["br0"]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /^Skipped the map "ep_abcdefghijklmnop": .*is not a bridge name/);
});

Deno.test("parseMaps() never takes what is not a listing for one without maps", () => {
  const wrong = ["", " ", "{", "null", "[]", "{}", '{"nftables":{}}', '{"nftables":[]}', '{"nftables":[{"map":{}}]}'];
  for (const text of [...wrong, "Error: No such file", listing().slice(0, -1)]) {
    assert.throws(() => parseMaps(text), KernelStateError, text);
  }
});

Deno.test("parseMaps() reads back any endpoints that nft lists, in whatever order", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const element = fc.record({
    servicePort: port,
    remoteAddr: fc.ipV4().filter(isDiallable),
    remotePort: port,
    comment: fc.option(fc.string(), { nil: undefined }),
  });
  const elements = fc.uniqueArray(element, { selector: ({ servicePort }) => servicePort });
  fc.assert(fc.property(elements, (drawn) => {
    const listed = drawn.map(({ servicePort, remoteAddr, remotePort, comment }) => [
      comment === undefined ? servicePort : { elem: { val: servicePort, comment } },
      { concat: [remoteAddr, remotePort] },
    ]);
    const endpoints = drawn.map(({ servicePort, remoteAddr, remotePort }) => ({ servicePort, remoteAddr, remotePort }))
      .toSorted((a, b) => a.servicePort - b.servicePort);
    assert.deepEqual(endpointsOf(listing(map("ep_br0", listed))), [["br0", endpoints]]);
  }));
});

Deno.test("parseMaps() fails with nothing but KernelStateError", () => {
  const item = fc.oneof(fc.jsonValue(), fc.jsonValue().map((elem) => map("ep_br0", elem)));
  const text = fc.oneof(fc.string(), fc.json(), fc.array(item).map((items) => listing(...items)));
  fc.assert(fc.property(text, (text) => {
    try {
      parseMaps(text);
    } catch (error) {
      assert.ok(error instanceof KernelStateError, String(error));
    }
  }));
});

Deno.test("parseMaps() never reads a damaged map as one without endpoints", () => {
  const map = { family: "ip", table: "one_tproxy", name: "ep_br0", elem: "damaged" };
  const json = JSON.stringify({ nftables: [{ metainfo: {} }, { map }] });
  assert.throws(() => parseMaps(json), /elements of the map ep_br0 are not a list/);
});
