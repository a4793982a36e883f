import assert from "node:assert/strict";
import fc from "fast-check";
import shipped from "../../tests/fixtures/OpenNebulaNetwork.conf" with { type: "text" };
import { ConfigError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { isDiallable } from "../address.ts";
import { parseConfig } from "./parse.ts";

const PORT = "a port from 1 to 65535";

/** A file with one entry. The given lines replace good ones. */
function oneEntry(overrides: Readonly<Record<string, string | undefined>> = {}): string {
  const values = { service_port: "5030", remote_addr: "10.11.12.13", remote_port: "80", ...overrides };
  const lines = Object.entries(values).filter(([, value]) => value !== undefined);
  return `:tproxy:\n-\n${lines.map(([key, value]) => `  :${key}: ${value}\n`).join("")}`;
}

Deno.test("parseConfig() takes from the shipped file what is ours, and nothing is wrong with it", () => {
  const config = parseConfig(shipped, "/etc/a.conf");
  const lineOf = (text: string) => shipped.split("\n").findIndex((line) => line.includes(text)) + 1;
  assert.deepEqual(config, {
    path: "/etc/a.conf",
    debugLevel: 2,
    followConfig: true,
    limits: DEFAULT_LIMITS,
    redirect: true,
    entries: [{
      at: { line: lineOf(":service_port: 5030"), column: 3 },
      servicePort: 5030,
      remoteAddr: "10.11.12.13",
      remotePort: 5030,
      networks: [],
    }, {
      at: { line: lineOf(":service_port: 1234"), column: 3 },
      servicePort: 1234,
      remoteAddr: "mirror.example.org",
      remotePort: 80,
      networks: [{ id: "0" }, { name: "vnet1" }],
    }],
    doubts: [],
    problems: [],
    remarks: [],
  });
});

Deno.test("parseConfig() tells a file without :tproxy: from one with an empty list", () => {
  assert.equal(parseConfig(":vlan_mtu: 1500\n", "a.conf").entries, undefined);
  for (const empty of ["", "[]", "~"]) {
    const { entries, problems } = parseConfig(`:tproxy: ${empty}\n`, "a.conf");
    assert.deepEqual([entries, problems], [[], []], empty);
  }
});

Deno.test("parseConfig() takes symbol keys and string keys, numbers and quoted numbers", () => {
  const symbols = parseConfig(oneEntry({ service_port: '"5030"', remote_port: "'80'" }), "a.conf");
  const { remarks: _, ...texts } = parseConfig(oneEntry().replaceAll(/:(\w+): ?/g, "$1: "), "a.conf");
  assert.deepEqual({ ...texts, remarks: [] }, symbols);
  assert.deepEqual(symbols.entries?.map(({ servicePort, remotePort }) => [servicePort, remotePort]), [[5030, 80]]);
});

Deno.test("parseConfig() reports a value that is not what it has to be, with its place, and skips the entry", () => {
  const address = "an IPv4 address of a host other than 169.254.16.9, or a host name";
  const addresses = "10.11.12.256 10.11.12 10.11.12.13:80 169.254.16.9 0.0.0.0 255.255.255.255 x:y:z 1234".split(" ");
  const cases: [string, number, number, string, string[]][] = [
    ["service_port", 3, 18, PORT, ["70000", "0", "-1", "true", "80.5", '"80 "', "[80]", "http"]],
    ["remote_addr", 4, 17, address, [...addresses, "a..b", "-a.example", '"a b"', "yes", "{a: b}"]],
    ["remote_port", 5, 17, PORT, ["65536", "true", "5030/tcp"]],
  ];
  for (const [key, line, column, expected, values] of cases) {
    for (const value of values) {
      const { entries, problems } = parseConfig(oneEntry({ [key]: value }), "a.conf");
      assert.deepEqual(
        problems,
        [{ at: { line, column }, key: `:${key}:`, value, advice: `expected ${expected}` }],
        `${key} ${value}`,
      );
      assert.deepEqual(entries, []);
    }
  }
});

Deno.test("parseConfig() says of an IPv6 address that it is not supported, whatever is around it", () => {
  for (const value of ["fe80::1", "2001:db8::5", "::1", "'[2001:db8::5]'", "'fe80::1%eth0'", "'::ffff:10.0.0.1'"]) {
    const { entries, problems } = parseConfig(oneEntry({ remote_addr: value }), "a.conf");
    const advice = "expected an IPv4 address or a host name: IPv6 is not supported";
    assert.deepEqual([entries, problems.map(({ advice }) => advice)], [[], [advice]], value);
  }
});

Deno.test("parseConfig() reports every missing key at the entry's own place", () => {
  const { entries, problems } = parseConfig(":tproxy:\n- :networks: []\n", "a.conf");
  assert.deepEqual(entries, []);
  assert.deepEqual(problems.map(({ at, key, value }) => [at.line, at.column, key, value]), [
    [2, 3, ":service_port:", undefined],
    [2, 3, ":remote_addr:", undefined],
    [2, 3, ":remote_port:", undefined],
  ]);
});

Deno.test("parseConfig() keeps the good entries around bad ones, in the file's order", () => {
  const good = (port: number) => `- {:service_port: ${port}, :remote_addr: gate.example, :remote_port: 1}\n`;
  const text = `:tproxy:\n${good(3)}- nothing\n${good(1)}- {:service_port: 70000}\n-\n${good(3)}`;
  const { entries, problems } = parseConfig(text, "a.conf");
  assert.deepEqual(entries?.map(({ at, servicePort }) => [at.line, servicePort]), [[2, 3], [4, 1], [7, 3]]);
  assert.deepEqual(problems.map(({ at, value }) => [at.line, value]), [
    [3, "nothing"],
    [5, "70000"],
    [5, undefined],
    [5, undefined],
    [6, "empty"],
  ]);
});

Deno.test("parseConfig() reports a :tproxy: that is no list, once", () => {
  for (const value of ["true", "7", "{:service_port: 80}"]) {
    const { entries, problems } = parseConfig(`:tproxy: ${value}\n`, "a.conf");
    assert.deepEqual(entries, []);
    assert.deepEqual(problems, [{
      at: { line: 1, column: 10 },
      key: ":tproxy:",
      value,
      advice: "expected a list of entries",
    }]);
  }
});

Deno.test("parseConfig() reads debug level and process owner, and falls back where they are wrong", () => {
  const settings = (text: string) => {
    const { debugLevel, processOwner, problems } = parseConfig(text, "a.conf");
    return [debugLevel, processOwner, ...problems.map(({ key, value }) => `${key} ${value}`)];
  };
  assert.deepEqual(settings(":a: 1"), [2, undefined]);
  assert.deepEqual(settings(":tproxy_debug_level: 3\n:tproxy_process_owner: oneadmin\n"), [3, "oneadmin"]);
  assert.deepEqual(settings(':tproxy_debug_level: "0"\n:tproxy_process_owner:\n'), [0, undefined]);
  assert.deepEqual(settings(":tproxy_debug_level: 4\n"), [2, undefined, ":tproxy_debug_level: 4"]);
  assert.deepEqual(settings(":tproxy_debug_level: [1]\n"), [2, undefined, ":tproxy_debug_level: [1]"]);
  for (const owner of ["0", "-u", "a b", "a:b", "true"]) {
    assert.deepEqual(settings(`:tproxy_process_owner: ${owner}\n`), [2, undefined, `:tproxy_process_owner: ${owner}`]);
  }
});

Deno.test("parseConfig() has the file followed unless it says that it should not be", () => {
  const follow = (text: string) => {
    const { followConfig, problems } = parseConfig(text, "a.conf");
    return [followConfig, ...problems.map(({ key, advice }) => `${key} ${advice}`)];
  };
  assert.deepEqual(follow(":tproxy: []\n"), [true]);
  assert.deepEqual(follow(":tproxy_follow_config: false\n"), [false]);
  assert.deepEqual(follow(":tproxy_follow_config: yes\n"), [true]);
  assert.deepEqual(follow(":tproxy_follow_config: 0\n"), [true, ":tproxy_follow_config: expected true or false"]);
});

Deno.test("parseConfig() fails on a file that is not YAML, and never otherwise", () => {
  assert.throws(() => parseConfig(":tproxy: [\n", "a.conf"), ConfigError);
  const value = fc.jsonValue().map((value) => JSON.stringify(value));
  fc.assert(fc.property(value, value, value, value, (service_port, remote_addr, remote_port, networks) => {
    const text = oneEntry({ service_port, remote_addr, remote_port, networks });
    const { entries, problems } = parseConfig(text, "a.conf");
    assert.ok(entries?.length === 1 || problems.length > 0);
  }));
});

Deno.test("isDiallable() refuses addresses at which no service can be", () => {
  const good = ["10.0.0.1", "127.0.0.1", "169.254.16.8", "1.0.0.0", "223.255.255.255"];
  const bad = ["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "169.254.16.9", "example.org", "", 1];
  assert.deepEqual([good.every(isDiallable), bad.some(isDiallable)], [true, false]);
});
