import assert from "node:assert/strict";
import { parseConfig } from "./parse.ts";

/** What becomes of a value of `:remote_addr:`: the addresses, and each problem. */
function parse(value: string): [string[], string[]] {
  const text = `:tproxy:\n- :service_port: 80\n  :remote_addr: ${value}\n  :remote_port: 80\n`;
  const { entries, problems } = parseConfig(text, "a.conf");
  const [entry] = entries ?? [];
  const addresses = entry === undefined ? [] : [entry.remoteAddr, ...entry.backupAddrs ?? []];
  return [addresses, problems.map(({ value, advice }) => `${value}: ${advice}`)];
}

const EXPECTED = "expected an IPv4 address of a host other than 169.254.16.9, or a host name";

Deno.test("parseConfig() takes addresses and names of :remote_addr: in their order", () => {
  assert.deepEqual(parse("[10.11.12.13, gate.example, 10.11.12.14]"), [
    ["10.11.12.13", "gate.example", "10.11.12.14"],
    [],
  ]);
  assert.deepEqual(parse("\n  - 10.11.12.13\n  - 10.11.12.14"), [["10.11.12.13", "10.11.12.14"], []]);
  assert.deepEqual(parse("[10.11.12.13]"), [["10.11.12.13"], []]);
});

Deno.test("parseConfig() reports each bad or repeated address of a list, and takes the others", () => {
  assert.deepEqual(parse("[10.0.0.256, 10.0.0.1, [10.0.0.2], 10.0.0.1, 'fe80::1', ~, 10.0.0.3]"), [
    ["10.0.0.1", "10.0.0.3"],
    [
      `10.0.0.256: ${EXPECTED}`,
      `[10.0.0.2]: ${EXPECTED}`,
      "10.0.0.1: ignored: it is in the list already",
      "'fe80::1': expected an IPv4 address or a host name: IPv6 is not supported",
      `~: ${EXPECTED}`,
    ],
  ]);
});

Deno.test("parseConfig() takes no entry whose list has no good address", () => {
  assert.deepEqual(parse("[]"), [[], [`[]: ${EXPECTED}`]]);
  assert.deepEqual(parse("[169.254.16.9, 7]")[0], []);
});

Deno.test("parseConfig() takes eight addresses at most, and says which it leaves out", () => {
  const all = Array.from({ length: 10 }, (_, i) => `10.0.0.${i + 1}`);
  const more = [9, 10].map((n) => `10.0.0.${n}: ignored: a service has 8 addresses at most`);
  assert.deepEqual(parse(`[${all.join(", ")}]`), [all.slice(0, 8), more]);
});
