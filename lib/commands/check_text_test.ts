import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { ConfigError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { CheckedConfig, CheckedEntry } from "./check_config.ts";
import { renderErrorJson, renderJson } from "./check_json.ts";
import { renderErrorText, renderText } from "./check_text.ts";
import { YamlError } from "../config/yaml_error.ts";

const ENTRIES: readonly CheckedEntry[] = [
  { at: { line: 4, column: 3 }, servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030, networks: [] },
  {
    at: { line: 12, column: 3 },
    servicePort: 80,
    remoteAddr: "a.example",
    remotePort: 8080,
    networks: [{ id: "7" }, { name: "v 0" }],
  },
  { at: { line: 16, column: 3 }, servicePort: 81, remoteAddr: "b.example", remotePort: 1, networks: [{ name: "v1" }] },
].map((entry, i) => ({ ...entry, answers: [["10.11.12.13", "10.0.0.7", undefined][i]] }));

const PROBLEM = {
  at: { line: 20, column: 18 },
  key: ":service_port:",
  value: "70000",
  advice: "expected a port from 1 to 65535",
};

const REMARK = {
  at: { line: 21, column: 3 },
  key: ":colour:",
  value: "red",
  advice: "ignored: an entry has no such key",
};

const CONFIG: CheckedConfig = {
  path: "/a.conf",
  debugLevel: 3,
  processOwner: "one",
  followConfig: true,
  limits: DEFAULT_LIMITS,
  redirect: true,
  entries: ENTRIES,
  doubts: [],
  problems: [],
  remarks: [],
};

/** An error in the second line of a file. */
function yamlError(column: number, line: string): YamlError {
  return new YamlError("/a.conf", { at: { line: 12, column }, reason: "no good", line });
}

Deno.test("renderText() shows settings, a table of entries, problems and their number", () => {
  const lines = [
    "file           /a.conf",
    "debug level    3 (DEBUG)",
    "process owner  one",
    "limits         default",
    "",
    "service port  remote                        networks          line",
    "5030          10.11.12.13:5030              all               4",
    '80            a.example:8080 (10.0.0.7)     ID 7, name "v 0"  12',
    "81            b.example:1 (does not resolve)  name v1         16",
    "",
    "/a.conf:20:18: :service_port: is 70000; expected a port from 1 to 65535",
    "",
    "1 problem",
  ];
  const text = renderText({ ...CONFIG, problems: [PROBLEM] });
  // Another test checks the widths of the columns.
  assert.deepEqual(text.split("\n").map((line) => line.split(/ {2,}/)), lines.map((line) => line.split(/ {2,}/)));
  const table = text.split("\n").slice(5, 9);
  for (const heading of ["remote", "networks", "line"]) {
    const column = table[0]?.indexOf(heading) ?? 0;
    for (const line of table) assert.match(line.slice(column - 2, column + 1), /^ {2}\S$/);
  }
  assert.doesNotMatch(text, / $/m);
});

Deno.test("renderText() ends with how many problems there are", () => {
  const last = (count: number) => renderText({ ...CONFIG, problems: Array(count).fill(PROBLEM) }).split("\n").at(-1);
  assert.deepEqual([0, 1, 2].map(last), ["no problems", "1 problem", "2 problems"]);
});

Deno.test("renderText() shows the limits that were changed, and the options of entries if any has some", () => {
  const limits = { ...DEFAULT_LIMITS, maxConnections: 100, idleTimeoutMs: 60_000 };
  const options = { maxConnectionsPerGuest: 5, connectTimeoutMs: 2000, proxyProtocol: "v2" } as const;
  const lines = renderText({ ...CONFIG, limits, entries: ENTRIES.map((e, i) => i === 1 ? { ...e, options } : e) })
    .split("\n");
  assert.equal(lines[3], "limits         max_connections=100 idle_timeout=60");
  assert.match(lines[5] ?? "", / {2}line {2}options$/);
  assert.match(lines[6] ?? "", / {2}4$/);
  assert.match(lines[7] ?? "", / {2}12 {4}max_connections_per_guest=5 connect_timeout=2 proxy_protocol=v2$/);
});

Deno.test("renderText() says so when nothing is configured, and who runs the proxies then", () => {
  const { processOwner: _, ...unowned } = CONFIG;
  assert.equal(
    renderText({ ...unowned, debugLevel: 2, entries: undefined }),
    `file           /a.conf
debug level    2 (INFO)
process owner  a user of its own for each proxy (default)
limits         default

the feature is not configured: the file has no :tproxy: key

no problems`,
  );
  assert.match(renderText({ ...CONFIG, entries: [] }), /^no service is configured: no network gets a proxy$/m);
});

Deno.test("renderText() shows remarks apart from problems, and counts both", () => {
  const remark = "/a.conf:21:3: :colour: is red; ignored: an entry has no such key";
  assert.ok(renderText({ ...CONFIG, remarks: [REMARK] }).endsWith(`\n\n${remark}\n\nno problems, 1 remark`));
  const both = renderText({ ...CONFIG, problems: [PROBLEM, PROBLEM], remarks: [REMARK, REMARK] });
  assert.match(both, /\n\n(?:\S+ :colour: .+\n){2}\n(?:\S+ :service_port: .+\n){2}\n2 problems, 2 remarks$/);
});

Deno.test("renderText() and renderJson() name what stays although its entry can't be used", () => {
  const endpoint = { servicePort: 80, remoteAddr: "10.0.0.7", remotePort: 8080, options: { maxConnections: 5 } };
  const network = { id: "7", name: "v 0" };
  const kept = [{ bridge: parseBridgeName("br0"), kept: [{ network, endpoint, at: { line: 12, column: 3 } }] }];
  assert.match(
    renderText(CONFIG, { kept }),
    /\n\n80 of br0 \(ID 7, name "v 0"\) stays 10\.0\.0\.7:8080: its entry at \/a\.conf:12 can't be used\n\nno problems$/,
  );
  assert.deepEqual(JSON.parse(renderJson(CONFIG, { kept })).kept, [
    { bridge: "br0", network, servicePort: 80, remoteAddr: "10.0.0.7", backupAddrs: [], remotePort: 8080, line: 12 },
  ]);
});

Deno.test("renderText() and renderJson() show every address of a list", () => {
  const [first] = ENTRIES;
  const listed = { ...first!, backupAddrs: ["b.example", "10.0.0.9"], answers: ["10.11.12.13", undefined, "10.0.0.9"] };
  const config = { ...CONFIG, entries: [listed] };
  assert.match(
    renderText(config),
    /^5030 +10\.11\.12\.13:5030, b\.example:5030 \(does not resolve\), 10\.0\.0\.9:5030 +all +4$/m,
  );
  assert.deepEqual(JSON.parse(renderJson(config)).entries[0].backups, [
    { remoteAddr: "b.example", address: null },
    { remoteAddr: "10.0.0.9", address: "10.0.0.9" },
  ]);
});

Deno.test("renderJson() has the same in one object", () => {
  const text = renderJson({ ...CONFIG, problems: [PROBLEM, { ...PROBLEM, value: undefined }], remarks: [REMARK] });
  assert.doesNotMatch(text, /\n/);
  assert.deepEqual(JSON.parse(text), {
    file: "/a.conf",
    debugLevel: 3,
    processOwner: "one",
    followConfig: true,
    limits: DEFAULT_LIMITS,
    redirect: true,
    configured: true,
    entries: [
      {
        line: 4,
        servicePort: 5030,
        remoteAddr: "10.11.12.13",
        address: "10.11.12.13",
        backups: [],
        remotePort: 5030,
        networks: [],
        options: {},
      },
      {
        line: 12,
        servicePort: 80,
        remoteAddr: "a.example",
        address: "10.0.0.7",
        backups: [],
        remotePort: 8080,
        networks: [{ id: "7" }, { name: "v 0" }],
        options: {},
      },
      {
        line: 16,
        servicePort: 81,
        remoteAddr: "b.example",
        address: null,
        backups: [],
        remotePort: 1,
        networks: [{ name: "v1" }],
        options: {},
      },
    ],
    problems: [
      { line: 20, column: 18, key: ":service_port:", value: "70000", advice: "expected a port from 1 to 65535" },
      { line: 20, column: 18, key: ":service_port:", value: null, advice: "expected a port from 1 to 65535" },
    ],
    remarks: [{ line: 21, column: 3, key: ":colour:", value: "red", advice: "ignored: an entry has no such key" }],
    kept: [],
    faults: [],
  });
});

Deno.test("renderJson() tells a file without our key from one with an empty list", () => {
  const { processOwner: _, ...unowned } = CONFIG;
  const values = [undefined, []].map((entries) => JSON.parse(renderJson({ ...unowned, entries })));
  assert.deepEqual(values.map(({ configured }) => configured), [false, true]);
  assert.deepEqual(values.map(({ entries, processOwner }) => [entries, processOwner]), [[[], null], [[], null]]);
});

Deno.test("renderErrorText() shows the line that is not YAML with a caret under the place", () => {
  assert.equal(
    renderErrorText("tproxy", yamlError(5, "\t:a: @x")),
    "tproxy: error: /a.conf:12:5: not YAML: no good; correct that line\n12 | \t:a: @x\n   | \t   ^",
  );
  assert.equal(renderErrorText("tproxy", yamlError(1, "")).split("\n").at(-1), "   | ^");
});

Deno.test("renderErrorText() shows a window of a long line", () => {
  const line = `${"a".repeat(500)}!${"b".repeat(500)}`;
  const [, shown = "", caret = ""] = renderErrorText("tproxy", yamlError(501, line)).split("\n");
  assert.ok(shown.length < 130, shown);
  assert.equal(shown[caret.indexOf("^")], "!");
});

Deno.test("renderErrorText() is one line for a file that can't be read", () => {
  const error = new ConfigError("Cannot read /a.conf", "look at it");
  assert.equal(renderErrorText("tproxy", error), "tproxy: error: Cannot read /a.conf; look at it");
});

Deno.test("renderErrorJson() has place and text of a line that is not YAML, and the message of any other error", () => {
  assert.deepEqual(JSON.parse(renderErrorJson("/a.conf", yamlError(5, ":a: @x"))), {
    file: "/a.conf",
    error: { line: 12, column: 5, message: "no good", text: ":a: @x" },
  });
  assert.deepEqual(JSON.parse(renderErrorJson("/a.conf", new ConfigError("Cannot read it", "look at it"))), {
    file: "/a.conf",
    error: { message: "Cannot read it; look at it" },
  });
});
