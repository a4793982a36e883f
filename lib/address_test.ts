import assert from "node:assert/strict";
import fc from "fast-check";
import { isIpv4, isPort, remoteOf } from "./address.ts";

Deno.test("isPort() accepts the integers from 1 to 65535 and nothing else", () => {
  for (const value of [1, 80, 5030, 65535]) assert.equal(isPort(value), true, String(value));
  for (const value of [0, -1, 65536, 70000, 80.5, NaN, Infinity, "80", true, null, undefined, [80], 80n]) {
    assert.equal(isPort(value), false, String(value));
  }
});

Deno.test("isPort() agrees with the range for every integer", () => {
  fc.assert(fc.property(fc.integer({ min: -70000, max: 140000 }), (value) => {
    assert.equal(isPort(value), value > 0 && value < 65536);
  }));
});

Deno.test("isIpv4() accepts every address in dotted form", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }), (bytes) => {
    assert.equal(isIpv4(bytes.join(".")), true);
  }));
});

Deno.test("isIpv4() refuses what only looks like an address", () => {
  const wrong = [
    "",
    "10",
    "10.11.12",
    "10.11.12.13.14",
    "10.11.12.",
    ".10.11.12.13",
    "10..12.13",
    "10.11.12.256",
    "10.11.12.300",
    "10.11.12.1000",
    "10.11.12.013",
    "00.11.12.13",
    "10.11.12.-1",
    "10.11.12.0x1",
    " 10.11.12.13",
    "10.11.12.13\n",
    "10.11.12.13/32",
    "10.11.12.13:80",
    "::ffff:10.11.12.13",
    "localhost",
    168430090,
    null,
    undefined,
    ["10.11.12.13"],
  ];
  for (const text of wrong) assert.equal(isIpv4(text), false, JSON.stringify(text));
});

Deno.test("isIpv4() refuses a number above 255 in any place", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 256, max: 99999 }),
    (bytes, place, large) => assert.equal(isIpv4(bytes.with(place, large).join(".")), false),
  ));
});

Deno.test("remoteOf() writes address and port as --allow-net takes them", () => {
  assert.equal(remoteOf({ remoteAddr: "10.11.12.13", remotePort: 5030 }), "10.11.12.13:5030");
});
