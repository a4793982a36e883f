import assert from "node:assert/strict";
import fc from "fast-check";
import type { Endpoint } from "../address.ts";
import { InputError } from "../errors.ts";
import { DEFAULT_LIMITS, type EndpointOptions, LIMIT_NAMES, type Limits } from "../limits.ts";
import { withOptions } from "../limits_codec.ts";
import { parseBridgeName } from "../names.ts";
import { parseInnerRoutes, parseOuterRoutes } from "./parse_routes.ts";
import { renderInnerRoutes, renderOuterRoutes } from "./routes.ts";

const levels = fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3);
const ports = fc.integer({ min: 1, max: 65535 });
const limit = fc.integer({ min: 1, max: 1_000_000 });
const limits: fc.Arbitrary<Limits> = fc.record({
  maxConnections: limit,
  maxConnectionsPerBridge: limit,
  maxConnectionsPerGuest: limit,
  connectionRatePerGuest: fc.nat({ max: 1_000_000 }),
  connectTimeoutMs: limit,
  idleTimeoutMs: limit,
  headerTimeoutMs: limit,
  drainTimeoutMs: limit,
  hardStopAfterMs: limit,
}, { noNullPrototype: true });
const options: fc.Arbitrary<EndpointOptions> = fc.record({
  maxConnections: limit,
  maxConnectionsPerGuest: limit,
  connectTimeoutMs: limit,
  idleTimeoutMs: limit,
  proxyProtocol: fc.constant<"v2">("v2"),
}, { requiredKeys: [], noNullPrototype: true });
const servedPorts = fc.tuple(ports, options).map(([servicePort, options]) => ({
  servicePort,
  ...withOptions(options),
}));
const backups = fc.option(fc.array(fc.ipV4(), { minLength: 1, maxLength: 7 }), { nil: undefined })
  .map((backupAddrs) => backupAddrs === undefined ? {} : { backupAddrs });
const endpoints: fc.Arbitrary<Endpoint> = fc.tuple(servedPorts, fc.ipV4(), ports, backups)
  .map(([served, remoteAddr, remotePort, backups]) => ({ ...served, remoteAddr, remotePort, ...backups }));
const bridges = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,13}$/).map(parseBridgeName);

/** Texts that are a route file but for one value in it, and ones that are nothing like it. */
const damaged = [
  "",
  "{",
  "null",
  "7",
  "[]",
  '"ports"',
  "{}",
  fileWith({ debugLevel: 4 }),
  fileWith({ debugLevel: "2" }),
  fileWith({ limits: undefined }),
  fileWith({ limits: [] }),
  ...LIMIT_NAMES.filter((name) => name !== "connectionRatePerGuest")
    .map((name) => fileWith({ limits: { ...DEFAULT_LIMITS, [name]: 0 } })),
  ...LIMIT_NAMES.flatMap((name) =>
    [undefined, null, -1, 1.5, "5", 700_000_000].map((value) =>
      fileWith({ limits: { ...DEFAULT_LIMITS, [name]: value } })
    )
  ),
];

/** A file that is good for an inner and for outer, but for the fields given. */
function fileWith(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ debugLevel: 2, limits: DEFAULT_LIMITS, ports: [{ servicePort: 1 }], bridges: {}, ...fields });
}

/** Options of which at least one is wrong. */
const wrongOptions = [null, 7, [], { maxConnections: 0 }, { idleTimeoutMs: "5" }, { proxyProtocol: "v1" }];

Deno.test("renderInnerRoutes() and renderOuterRoutes() write exactly this", () => {
  const limits = DEFAULT_LIMITS;
  const served = [{ servicePort: 80, options: { maxConnections: 7 } }, { servicePort: 5030 }];
  assert.equal(
    renderInnerRoutes({ debugLevel: 2, limits, ports: served }),
    '{"debugLevel":2,"limits":{"maxConnections":8192,"maxConnectionsPerBridge":4096,"maxConnectionsPerGuest":1024,' +
      '"connectionRatePerGuest":0,"connectTimeoutMs":10000,"idleTimeoutMs":3600000,"headerTimeoutMs":5000,"drainTimeoutMs":5000,' +
      '"hardStopAfterMs":86400000},' +
      '"ports":[{"servicePort":80,"options":{"maxConnections":7}},{"servicePort":5030}]}\n',
  );
  const endpoint = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 8080 };
  assert.deepEqual(
    renderOuterRoutes({ debugLevel: 3, limits, bridges: new Map([[parseBridgeName("br0"), [endpoint]]]) }).split("\n"),
    [
      "{",
      ' "debugLevel": 3,',
      ' "limits": {',
      '  "maxConnections": 8192,',
      '  "maxConnectionsPerBridge": 4096,',
      '  "maxConnectionsPerGuest": 1024,',
      '  "connectionRatePerGuest": 0,',
      '  "connectTimeoutMs": 10000,',
      '  "idleTimeoutMs": 3600000,',
      '  "headerTimeoutMs": 5000,',
      '  "drainTimeoutMs": 5000,',
      '  "hardStopAfterMs": 86400000',
      " },",
      ' "bridges": {',
      '  "br0": [',
      "   {",
      '    "servicePort": 80,',
      '    "remoteAddr": "10.0.0.1",',
      '    "remotePort": 8080',
      "   }",
      "  ]",
      " }",
      "}",
      "",
    ],
  );
});

Deno.test("parseInnerRoutes() reads back whatever renderInnerRoutes() wrote", () => {
  fc.assert(fc.property(levels, limits, fc.array(servedPorts), (debugLevel, limits, ports) => {
    const routes = { debugLevel, limits, ports };
    assert.deepEqual(parseInnerRoutes(renderInnerRoutes(routes)), routes);
  }));
});

Deno.test("parseOuterRoutes() reads back whatever renderOuterRoutes() wrote", () => {
  fc.assert(
    fc.property(levels, limits, fc.array(fc.tuple(bridges, fc.array(endpoints))), (debugLevel, limits, entries) => {
      const routes = { debugLevel, limits, bridges: new Map(entries) };
      assert.deepEqual(parseOuterRoutes(renderOuterRoutes(routes)), routes);
    }),
  );
});

Deno.test("parseOuterRoutes() keeps a bridge whose name means something to JavaScript", () => {
  for (const name of ["__proto__", "constructor", "7"]) {
    const routes = { debugLevel: 2, limits: DEFAULT_LIMITS, bridges: new Map([[parseBridgeName(name), []]]) } as const;
    assert.deepEqual(parseOuterRoutes(renderOuterRoutes(routes)), routes);
  }
});

Deno.test("parseInnerRoutes() refuses a damaged file", () => {
  const served = [0, 65536, 80.5, "80", null].map((servicePort) => [{ servicePort }]);
  const values = [null, 80, "80", {}, [80], [null], [[]], [{}], [{ servicePort: 80 }, null], ...served];
  const withWrong = wrongOptions.map((options) => [{ servicePort: 80, options }]);
  for (const text of [...damaged, ...[...values, ...withWrong].map((ports) => fileWith({ ports }))]) {
    assert.throws(() => parseInnerRoutes(text), InputError, text);
  }
});

const GOOD_ENDPOINT = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };

Deno.test("a route file is good with nothing but what it has to have", () => {
  const text = fileWith({ bridges: { br0: [{ ...GOOD_ENDPOINT, options: {} }] } });
  assert.deepEqual(parseInnerRoutes(text).ports, [{ servicePort: 1 }]);
  assert.deepEqual([...parseOuterRoutes(text).bridges], [["br0", [GOOD_ENDPOINT]]]);
});

Deno.test("parseOuterRoutes() refuses a damaged file", () => {
  const endpoint = (servicePort: unknown, remoteAddr: unknown, remotePort: unknown) =>
    JSON.stringify({ br0: [{ servicePort, remoteAddr, remotePort }] });
  const values = [
    "null",
    "[]",
    "[[]]",
    '{"br0":{}}',
    '{"br0":[null]}',
    '{"br0":[[]]}',
    '{"br0":[{}]}',
    '{"a/b":[]}',
    '{"":[]}',
    endpoint(0, "10.0.0.1", 80),
    endpoint(80, "10.0.0.1", 70000),
    endpoint(80, "example.org", 80),
    endpoint(80, "10.0.0.256", 80),
    endpoint(80, undefined, 80),
    ...wrongOptions.map((options) => JSON.stringify({ br0: [{ ...GOOD_ENDPOINT, options }] })),
    ...[null, 7, "10.0.0.2", {}, ["a.example"], ["10.0.0.2", 7]].map((backupAddrs) =>
      JSON.stringify({ br0: [{ ...GOOD_ENDPOINT, backupAddrs }] })
    ),
  ];
  for (const text of [...damaged, ...values.map((bridges) => fileWith({ bridges: JSON.parse(bridges) }))]) {
    assert.throws(() => parseOuterRoutes(text), InputError, text);
  }
});

Deno.test("parseInnerRoutes() and parseOuterRoutes() fail with nothing but InputError", () => {
  const object = fc.record({
    debugLevel: fc.oneof(levels, fc.jsonValue()),
    limits: fc.oneof(limits, fc.jsonValue()),
    ports: fc.jsonValue(),
    bridges: fc.jsonValue(),
  });
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), object.map((value) => JSON.stringify(value))), (text) => {
    for (const parse of [parseInnerRoutes, parseOuterRoutes]) {
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }
  }));
});

Deno.test("parseOuterRoutes() refuses every file of which the end is missing", () => {
  fc.assert(fc.property(fc.array(fc.tuple(bridges, fc.array(endpoints))), fc.nat(), (entries, cut) => {
    const text = renderOuterRoutes({ debugLevel: 2, limits: DEFAULT_LIMITS, bridges: new Map(entries) }).trimEnd();
    assert.throws(() => parseOuterRoutes(text.slice(0, cut % text.length)), InputError);
  }));
});
