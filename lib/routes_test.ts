import assert from "node:assert/strict";
import fc from "fast-check";
import type { Endpoint } from "./address.ts";
import { InputError } from "./errors.ts";
import { parseBridgeName } from "./names.ts";
import { parseInnerRoutes, parseOuterRoutes, renderInnerRoutes, renderOuterRoutes } from "./routes.ts";

const levels = fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3);
const ports = fc.integer({ min: 1, max: 65535 });
const endpoints: fc.Arbitrary<Endpoint> = fc.record({ servicePort: ports, remoteAddr: fc.ipV4(), remotePort: ports }, {
  noNullPrototype: true,
});
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
  '{"debugLevel":4,"ports":[1],"bridges":{}}',
  '{"debugLevel":"2","ports":[1],"bridges":{}}',
];

Deno.test("renderInnerRoutes() and renderOuterRoutes() write exactly this", () => {
  assert.equal(renderInnerRoutes({ debugLevel: 2, ports: [80, 5030] }), '{"debugLevel":2,"ports":[80,5030]}\n');
  const endpoint = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 8080 };
  assert.deepEqual(
    renderOuterRoutes({ debugLevel: 3, bridges: new Map([[parseBridgeName("br0"), [endpoint]]]) }).split("\n"),
    [
      "{",
      ' "debugLevel": 3,',
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
  fc.assert(fc.property(levels, fc.array(ports), (debugLevel, ports) => {
    assert.deepEqual(parseInnerRoutes(renderInnerRoutes({ debugLevel, ports })), { debugLevel, ports });
  }));
});

Deno.test("parseOuterRoutes() reads back whatever renderOuterRoutes() wrote", () => {
  fc.assert(fc.property(levels, fc.array(fc.tuple(bridges, fc.array(endpoints))), (debugLevel, entries) => {
    const routes = { debugLevel, bridges: new Map(entries) };
    assert.deepEqual(parseOuterRoutes(renderOuterRoutes(routes)), routes);
  }));
});

Deno.test("parseOuterRoutes() keeps a bridge whose name means something to JavaScript", () => {
  for (const name of ["__proto__", "constructor", "7"]) {
    const routes = { debugLevel: 2, bridges: new Map([[parseBridgeName(name), []]]) } as const;
    assert.deepEqual(parseOuterRoutes(renderOuterRoutes(routes)), routes);
  }
});

Deno.test("parseInnerRoutes() refuses a damaged file", () => {
  const values = ["null", "80", '"80"', "{}", "[0]", "[65536]", "[80.5]", '["80"]', "[80,null]"];
  for (const text of [...damaged, ...values.map((ports) => `{"debugLevel":2,"ports":${ports}}`)]) {
    assert.throws(() => parseInnerRoutes(text), InputError, text);
  }
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
  ];
  for (const text of [...damaged, ...values.map((bridges) => `{"debugLevel":2,"bridges":${bridges}}`)]) {
    assert.throws(() => parseOuterRoutes(text), InputError, text);
  }
});

Deno.test("parseInnerRoutes() and parseOuterRoutes() fail with nothing but InputError", () => {
  const object = fc.record({
    debugLevel: fc.oneof(levels, fc.jsonValue()),
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
    const text = renderOuterRoutes({ debugLevel: 2, bridges: new Map(entries) }).trimEnd();
    assert.throws(() => parseOuterRoutes(text.slice(0, cut % text.length)), InputError);
  }));
});
