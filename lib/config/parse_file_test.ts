import assert from "node:assert/strict";
import shipped from "../../tests/fixtures/OpenNebulaNetwork.conf" with { type: "text" };
import { describeProblem } from "./config.ts";
import { parseConfig } from "./parse.ts";

const ENTRY = "- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";

function problemsOf(text: string): string[] {
  return parseConfig(text, "a.conf").problems.map((problem) => describeProblem("a.conf", problem));
}

Deno.test("parseConfig() reads the shipped file the same with any line ends, tags, anchors and notation", () => {
  const expected = parseConfig(shipped, "a.conf");
  const entries = expected.entries?.map(({ at: _, ...entry }) => entry);
  const variants: [string, string][] = [
    ["CRLF", shipped.replaceAll("\n", "\r\n")],
    ["CR", shipped.replaceAll("\n", "\r")],
    ["a document of its own", `%YAML 1.1\n---\n${shipped}...\n`],
    ["string keys", shipped.replaceAll(/^([ -]*):(\w+):/gm, "$1$2:")],
    ["quoted keys", shipped.replaceAll(/^([ -]*):(\w+):/gm, '$1:"$2":')],
    ["tagged keys", shipped.replaceAll(/^([ -]*):(\w+):/gm, "$1!ruby/symbol $2:")],
    ["quoted numbers", shipped.replaceAll(/: (\d+)$/gm, ': "$1"')],
    ["tagged values", shipped.replaceAll(/^([ -]*:(?:service|remote)_port:) /gm, "$1 !!int ")],
    ["tabs after colons", shipped.replaceAll(/^([ -]*:\w+:) /gm, "$1\t")],
    ["trailing white space", shipped.replaceAll(/$/gm, " \t").replaceAll(/^ \t$/gm, "")],
    ["networks in a block", shipped.replace(":networks: [0, vnet1]", ":networks:\n    - '0'\n    - vnet1")],
    ["an anchor", ":p: &p 5030\n" + shipped.replace(":service_port: 5030", ":service_port: *p")],
    [
      "a merge",
      ":d: &d {':remote_addr': 10.11.12.13}\n" + shipped.replace(/:remote_addr: 10.11.12.13.*/, "<<: *d"),
    ],
    ["strings of other keys that look like ours", `:x: |\n  :tproxy: no\n:y: "\n  :tproxy: no"\n${shipped}`],
    [
      "brackets",
      `${shipped.split(":tproxy:")[0]}:tproxy: [\n { ":service_port": 5030, ":remote_addr": 10.11.12.13,
 ":remote_port": 5030}, {\n "service_port": 1234, "remote_addr": "mirror.example.org", "remote_port": 80,
 "networks": [0,vnet1]\n }\n]\n`,
    ],
  ];
  for (const [what, text] of variants) {
    const config = parseConfig(text, "a.conf");
    assert.deepEqual(config.problems, [], what);
    assert.deepEqual(config.entries?.map(({ at: _, ...entry }) => entry), entries, what);
    assert.equal(config.debugLevel, 2, what);
  }
});

Deno.test("parseConfig() takes ports as Ruby reads them, and none that Ruby takes for something else", () => {
  const cases: [string, number | undefined][] = [
    ["010", 8],
    ["'010'", 10],
    ["0x50", 80],
    ["5_030", 5030],
    ["5,030", 5030],
    ["0080", 80],
    [">-\n    80", 80],
    ["1:30", undefined],
    ["22:22", undefined],
    ["80.0", undefined],
    ["5e3", undefined],
    ["!ruby/object:Port {n: 80}", undefined],
    ["|\n    80", undefined],
  ];
  for (const [port, expected] of cases) {
    const { entries, problems } = parseConfig(`:tproxy:\n${ENTRY.replace("5030", port)}`, "a.conf");
    assert.deepEqual(entries?.map(({ servicePort }) => servicePort), expected === undefined ? [] : [expected], port);
    assert.equal(problems.length, expected === undefined ? 1 : 0, port);
  }
});

Deno.test("parseConfig() reports every key that a later one of the same name takes the place of", () => {
  assert.deepEqual(problemsOf(`:tproxy: []\n:tproxy_debug_level: 7\ntproxy_debug_level: 1\n:tproxy:\n${ENTRY}`), [
    "a.conf:2:22: :tproxy_debug_level: is 7; ignored: line 3 wins",
    "a.conf:1:10: :tproxy: is []; ignored: line 5 wins",
  ]);
  assert.deepEqual(problemsOf(`:tproxy:\n${ENTRY}  :networks: [7]\n  :networks: [8]\n`), [
    "a.conf:5:14: :networks: is [7]; ignored: line 6 wins",
  ]);
});

Deno.test("parseConfig() never widens an entry to all networks because the key was misspelt", () => {
  for (const key of ["network", "Networks", "NETWORKS", "vnets", "vnet", "network_id", "network_ids", "networkids"]) {
    const config = parseConfig(`:tproxy:\n${ENTRY}  :${key}: [7]\n`, "a.conf");
    assert.deepEqual(config.entries, [], key);
    assert.deepEqual(problemsOf(`:tproxy:\n${ENTRY}  :${key}: [7]\n`), [
      `a.conf:5:3: :${key}: is [7]; expected the key to be :networks:`,
    ]);
  }
});

Deno.test("parseConfig() lets other keys stand, in the file and in an entry", () => {
  for (const key of [":description", "name", "7", "~", ":netmask", ":mode"]) {
    const config = parseConfig(`${key}: [a]\n:tproxy:\n${ENTRY}  ${key}: {a: b}\n`, "a.conf");
    assert.deepEqual([config.entries?.length, config.problems], [1, []], key);
  }
});

Deno.test("parseConfig() reports a second document, which does not count", () => {
  assert.deepEqual(problemsOf(`:tproxy:\n${ENTRY}---\n:tproxy: []\n`), [
    "a.conf:6:1: the file is more than one YAML document; expected a single one, since only the first counts",
  ]);
});

Deno.test("parseConfig() reports a file that holds no keys", () => {
  assert.deepEqual(problemsOf("- :tproxy: []\n"), ["a.conf:1:1: the file is a list; expected keys with values"]);
  assert.deepEqual(problemsOf("<html>\n"), ["a.conf:1:1: the file is a text; expected keys with values"]);
  for (const text of ["", "\n", "# nothing\n"]) {
    assert.deepEqual(problemsOf(text), ["a.conf:1:1: the file is empty; expected keys with values"], text);
  }
});

Deno.test("parseConfig() reports where a file stops being UTF-8, and takes the rest", () => {
  const text = new TextDecoder("utf-8").decode(
    Uint8Array.from(`:a: 1\n# caf\xe9\n:tproxy:\n${ENTRY}`, (c) => c.charCodeAt(0)),
  );
  assert.deepEqual(problemsOf(text), [
    "a.conf:2:6: the file is in another encoding here; expected UTF-8 throughout, or the network drivers can't read it",
  ]);
  assert.equal(parseConfig(text, "a.conf").entries?.length, 1);
});
