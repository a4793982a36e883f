import assert from "node:assert/strict";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";

/** A file with one entry for some networks. */
function parse(networks: string | undefined): Config {
  const line = networks === undefined ? "" : `  :networks: ${networks}\n`;
  const entry = ":tproxy:\n- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";
  return parseConfig(entry + line, "a.conf");
}

function networksOf(networks: string | undefined) {
  return parse(networks).entries?.map((entry) => entry.networks);
}

Deno.test("parseConfig() takes a network of digits for an ID and everything else for a name", () => {
  const cases: [string | undefined, unknown][] = [
    [undefined, []],
    ["", []],
    ["[]", []],
    ["[7, vnet1]", [{ id: "7" }, { name: "vnet1" }]],
    ['["7", "007", 0]', [{ id: "7" }, { id: "7" }, { id: "0" }]],
    ['["7a", "-7", "7 "]', [{ name: "7a" }, { name: "-7" }, { name: "7 " }]],
    ["vnet1", [{ name: "vnet1" }]],
    ["7", [{ id: "7" }]],
  ];
  for (const [text, networks] of cases) assert.deepEqual(networksOf(text), [networks], text);
});

Deno.test("parseConfig() never widens an entry to all networks because its own were wrong", () => {
  for (const wrong of ["[true]", '[""]', "[-1]", "[[a]]", "{a: 1}", "false", "[~]"]) {
    const { entries, problems } = parse(wrong);
    assert.deepEqual([entries, problems.map(({ key }) => key)], [[], [":networks:"]], wrong);
  }
  assert.deepEqual(networksOf("[true, vnet1]"), [[{ name: "vnet1" }]]);
});

Deno.test("parseConfig() takes IDs with commas between them for the list that was meant, and opens nothing", () => {
  for (const wrong of ['"7,8"', "7,8", "'7, 8'", "7 8", '["7,8"]', "[9, '7;8']"]) {
    const { problems } = parse(wrong);
    assert.deepEqual(
      problems.map(({ key, advice }) => [key, advice]),
      [[":networks:", "expected a list: [7, 8]"]],
      wrong,
    );
  }
  for (const wrong of ['"7,8"', "7,8", '["7,8"]']) assert.deepEqual(networksOf(wrong), [], wrong);
  assert.deepEqual(networksOf("[9, '7;8']"), [[{ id: "9" }]]);
});

Deno.test("parseConfig() remarks on a name that may be several, and takes it as it is", () => {
  for (const [written, name] of [["vnet0,vnet1", "vnet0,vnet1"], ['"vnet0, 8"', "vnet0, 8"]]) {
    const { entries, problems, remarks } = parse(written);
    assert.deepEqual([entries?.[0]?.networks, problems], [[{ name }], []]);
    assert.deepEqual(remarks.map(({ at, key, value }) => [at.line, key, value]), [[5, ":networks:", written]]);
  }
  assert.deepEqual(parse("[vnet0, 'v net 1']").remarks, []);
});

Deno.test("parseConfig() takes no name that has lost a letter to another encoding", () => {
  assert.deepEqual(networksOf("[caf\ufffd]"), []);
});

Deno.test("parseConfig() says where the reference to a network is wrong", () => {
  assert.deepEqual(parse("[vnet1, true]").problems, [{
    at: { line: 5, column: 22 },
    key: ":networks:",
    value: "true",
    advice: "expected names or IDs of virtual networks",
  }]);
});
