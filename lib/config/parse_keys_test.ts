import assert from "node:assert/strict";
import { describeProblem } from "./config.ts";
import { parseConfig } from "./parse.ts";

const ENTRY = "- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";

function parse(text: string) {
  const { entries, problems, remarks } = parseConfig(text, "f");
  const lines = (found: typeof problems) => found.map((problem) => describeProblem("f", problem));
  return { ports: entries?.map(({ servicePort }) => servicePort), problems: lines(problems), remarks: lines(remarks) };
}

Deno.test("parseConfig() opens nothing by an entry with a key that may be a misspelt one of ours", () => {
  const good = ENTRY.replace("5030", "80");
  for (
    const [key, nearest] of [
      ["netwoks", "networks"],
      ["idle_timeuot", "idle_timeout"],
      ["max_connection", "max_connections"],
      ["proxy", "proxy_protocol"],
      ["service", "service_port"],
    ]
  ) {
    assert.deepEqual(parse(`:tproxy:\n${ENTRY}  :${key}: [7]\n${good}`), {
      ports: [80],
      problems: [`f:5:3: :${key}: is [7]; expected the key to be :${nearest}:`],
      remarks: [],
    });
  }
});

Deno.test("parseConfig() finds a misspelt key in what is merged into an entry, and behind an alias", () => {
  const texts = [
    `:d: &d {':netwoks': [7]}\n:tproxy:\n${ENTRY}  <<: *d\n`,
    `:d: &d {':netwoks': [7]}\n:tproxy:\n${ENTRY}  <<: [{}, *d]\n`,
    `:k: &k :netwoks\n:tproxy:\n${ENTRY}  *k : [7]\n`,
  ];
  for (const text of texts) {
    const { ports, problems } = parse(text);
    assert.deepEqual([ports, problems.length], [[], 1], text);
    assert.match(problems[0] ?? "", /; expected the key to be :networks:$/);
  }
  assert.deepEqual(parse(`:k: &k :networks\n:tproxy:\n${ENTRY}  *k : [7]\n`), {
    ports: [5030],
    problems: [],
    remarks: [],
  });
});

Deno.test("parseConfig() remarks on a key that resembles none of ours, and keeps the entry", () => {
  assert.deepEqual(parse(`:tproxy:\n${ENTRY}  :colour: red\n  ? [a, b]\n  : c\n`), {
    ports: [5030],
    problems: [],
    remarks: [
      "f:5:3: :colour: is red; ignored: an entry has no such key",
      "f:6:5: [a, b] is c; ignored: an entry has no such key",
    ],
  });
});

Deno.test("parseConfig() reports keys of the file that are meant for us, and are none of ours", () => {
  for (
    const [key, nearest] of [["tproxies", "tproxy"], ["tproxy_debug", "tproxy_debug_level"], ["tproxy_x", "tproxy"]]
  ) {
    const { ports, problems } = parse(`:vlan_mtu: 1500\n:${key}: []\n`);
    assert.deepEqual([ports, problems], [undefined, [
      `f:2:1: :${key}: is no key of ours; expected the key to be :${nearest}:`,
    ]]);
  }
});

Deno.test("parseConfig() says where a space is missing after a colon that YAML takes for a part of a word", () => {
  const advice = "expected a space after the colon";
  assert.deepEqual(
    parse(":tproxy:\n- {':remote_addr': a, :service_port:5030}\n").problems[0],
    `f:2:23: :service_port: is 5030; ${advice}`,
  );
  assert.deepEqual(parse(":tproxy:\n- :service_port:5030\n").problems, [`f:2:3: :service_port: is 5030; ${advice}`]);
  assert.deepEqual(parse(":tproxy_debug_level:2\n").problems, [`f:1:1: :tproxy_debug_level: is 2; ${advice}`]);
});

Deno.test("parseConfig() remarks once on keys that OpenNebula's own driver does not see", () => {
  const why = "since OpenNebula's own driver, which reads the file with --drop-in, sees no other";
  const texts = [
    [`tproxy:\n${ENTRY}`, `f:1:1: tproxy: is no symbol; expected :tproxy:, ${why}`],
    [
      `:tproxy:\n${ENTRY.replace(":remote_addr", "remote_addr").replace(":remote_port", '":remote_port"')}`,
      `f:3:3: remote_addr: is no symbol, like 1 more of our keys; expected :remote_addr:, ${why}`,
    ],
  ];
  for (const [text = "", remark] of texts) {
    assert.deepEqual(parse(text), { ports: [5030], problems: [], remarks: [remark] });
  }
  const symbols = [":tproxy", ':"tproxy"', "!ruby/symbol tproxy"];
  for (const key of symbols) assert.deepEqual(parse(`vlan_mtu: 1\n${key}:\n${ENTRY}`).remarks, [], key);
});
