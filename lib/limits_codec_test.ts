import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, type EndpointOptions, LIMIT_NAMES, LIMITS } from "./limits.ts";
import { checkLimits, checkOptions, parseOptions, renderOptions, withOptions } from "./limits_codec.ts";

const connections = fc.integer({ min: 1, max: 1_000_000 });
const timeout = fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1000);
const options: fc.Arbitrary<EndpointOptions> = fc.record({
  maxConnections: connections,
  maxConnectionsPerGuest: connections,
  connectTimeoutMs: timeout,
  idleTimeoutMs: timeout,
  proxyProtocol: fc.constant<"v2">("v2"),
  redirect: fc.boolean(),
}, { requiredKeys: [], noNullPrototype: true });

Deno.test("the default limits are in range", () => {
  for (const name of LIMIT_NAMES) assert.ok(LIMITS[name].unit.holds(DEFAULT_LIMITS[name]), name);
  assert.deepEqual(checkLimits(DEFAULT_LIMITS), DEFAULT_LIMITS);
});

Deno.test("a limit is read from 1 to the largest, and seconds become milliseconds", () => {
  const toLimit = (name: keyof typeof LIMITS, written: unknown) => LIMITS[name].unit.read(written);
  assert.deepEqual([1, 1_000_000].map((n) => toLimit("maxConnections", n)), [1, 1_000_000]);
  assert.deepEqual([1, 86_400].map((n) => toLimit("idleTimeoutMs", n)), [1000, 86_400_000]);
  for (const n of [0, -1, 1.5, NaN, Infinity, 1_000_001, "5", true, null, undefined]) {
    assert.equal(toLimit("maxConnections", n), undefined, String(n));
    assert.equal(toLimit("idleTimeoutMs", n), undefined, String(n));
  }
  assert.equal(toLimit("idleTimeoutMs", 86_401), undefined);
  assert.deepEqual([0, 1, 1_000_000, -1, 1.5].map((n) => toLimit("connectionRatePerGuest", n)), [
    ...[0, 1, 1_000_000, undefined, undefined],
  ]);
});

Deno.test("the longest options fit into the 128 bytes that nft has for a comment", () => {
  const [connections, timeout] = [1_000_000, 86_400_000];
  const text = renderOptions({
    ...{ maxConnections: connections, maxConnectionsPerGuest: connections },
    ...{ connectTimeoutMs: timeout, idleTimeoutMs: timeout, proxyProtocol: "v2", redirect: false },
  });
  assert.equal(
    text,
    "max_connections=1000000 max_connections_per_guest=1000000 connect_timeout=86400 idle_timeout=86400 " +
      "proxy_protocol=v2 redirect=no",
  );
  assert.ok(text.length <= 128);
});

Deno.test("parseOptions() reads back whatever renderOptions() wrote, in whatever order the words are", () => {
  fc.assert(fc.property(options, (options) => {
    const text = renderOptions(options);
    assert.match(text, /^[a-z0-9_= ]*$/);
    assert.deepEqual(parseOptions(text), { ...withOptions(options), unknown: [] });
    const reversed = parseOptions(text.split(" ").toReversed().join("  "));
    assert.equal(JSON.stringify(reversed.options), JSON.stringify(parseOptions(text).options));
  }));
});

Deno.test("parseOptions() takes nothing from any other text, and never fails", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { options, unknown } = parseOptions(text);
    assert.deepEqual([options, unknown], [undefined, text.split(" ").filter((word) => word !== "")]);
  }));
});

Deno.test("checkOptions() and checkLimits() give nothing but what they know", () => {
  assert.deepEqual(checkOptions({ maxConnections: 5, other: 7 }), { options: { maxConnections: 5 } });
  assert.deepEqual(checkLimits({ ...DEFAULT_LIMITS, other: 7 }), DEFAULT_LIMITS);
  fc.assert(fc.property(options, (options) => assert.deepEqual(checkOptions(options), withOptions(options))));
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.equal(checkLimits(value), undefined);
    checkOptions(value);
  }));
});
