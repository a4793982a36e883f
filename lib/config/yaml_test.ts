import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../errors.ts";
import { parseYaml } from "./yaml.ts";

Deno.test("parseYaml() finds a key by its bare name, however it is written", () => {
  for (const key of [":tproxy", "tproxy", '"tproxy"', "'tproxy'", ':"tproxy"', '":tproxy"']) {
    assert.equal(parseYaml(`:a: 1\n${key}: 7\n`, "a.conf").get("tproxy")?.scalar, 7, key);
  }
  for (const key of [":tproxy_x", "xtproxy", "TPROXY", "7", "? [tproxy]\n"]) {
    assert.equal(parseYaml(`${key}: 7\n`, "a.conf").get("tproxy"), undefined, key);
  }
});

Deno.test("parseYaml() lets the last of two equal keys count, as Ruby does", () => {
  assert.equal(parseYaml(":a: 1\na: 2\n:a: 3\n", "a.conf").get("a")?.scalar, 3);
});

Deno.test("parseYaml() reads plain values as YAML 1.1", () => {
  const cases: [string, unknown][] = [
    ["5030", 5030],
    ["0x10", 16],
    ["010", 8],
    ['"5030"', "5030"],
    ["'5030'", "5030"],
    ["10.11.12.13", "10.11.12.13"],
    ["yes", true],
    ["off", false],
    ["true", true],
    ["~", null],
    ["", null],
    [":symbol", ":symbol"],
    ["5030 # OneGate", 5030],
    ["[5030]", undefined],
    ["{a: 5030}", undefined],
  ];
  for (const [text, value] of cases) assert.equal(parseYaml(`:a: ${text}\n`, "a.conf").get("a")?.scalar, value, text);
});

Deno.test("parseYaml() knows where every value stands, and what it looks like in the file", () => {
  const root = parseYaml(":a:\n- x\n-   'y z'  # why\n- {b: 1}\n:c:\n:d: [\n  1,\n  2 ]\n", "a.conf");
  const items = root.get("a")?.items ?? [];
  assert.deepEqual(items.map(({ at }) => at), [
    { line: 2, column: 3 },
    { line: 3, column: 5 },
    { line: 4, column: 3 },
  ]);
  assert.deepEqual(items.map(({ source }) => source), ["x", "'y z'", "{b: 1}"]);
  assert.deepEqual(items.map(({ isMapping }) => isMapping), [false, false, true]);
  const empty = root.get("c");
  assert.deepEqual([empty?.at.line, empty?.source, empty?.scalar, empty?.items], [5, "empty", null, undefined]);
  assert.equal(root.get("d")?.source, "[...");
});

Deno.test("parseYaml() counts lines and columns the same with CRLF", () => {
  assert.deepEqual(parseYaml("# x\r\n:a: 1\r\n:b:   70000\r\n", "a.conf").get("b")?.at, { line: 3, column: 7 });
});

Deno.test("parseYaml() cuts a long value", () => {
  const source = parseYaml(`:a: ${"x".repeat(200)}\n`, "a.conf").get("a")?.source ?? "";
  assert.equal(source, `${"x".repeat(77)}...`);
});

Deno.test("parseYaml() follows an alias", () => {
  const root = parseYaml(":a: &one {p: 1}\n:b: *one\n", "a.conf");
  assert.equal(root.get("b")?.get("p")?.scalar, 1);
});

Deno.test("parseYaml() takes an empty file, a list or a plain value for one without keys", () => {
  for (const text of ["", "# nothing\n", "---\n", "- :a: 1\n", "a\n"]) {
    assert.equal(parseYaml(text, "a.conf").get("a"), undefined, text);
  }
});

Deno.test("parseYaml() says where a file stops being YAML", () => {
  const cases: [string, string][] = [
    [":a: 1\n:b: 'x\n", "a.conf:3:1: not YAML: "],
    [":a: 1\n\t:b: 2\n", "a.conf:2:1: not YAML: "],
    [":a: {b: 1\n", "a.conf:2:1: not YAML: "],
  ];
  for (const [text, beginning] of cases) {
    assert.throws(() => parseYaml(text, "a.conf"), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message.slice(0, beginning.length), beginning);
      return true;
    });
  }
});

Deno.test("parseYaml() fails with nothing but ConfigError", () => {
  const pieces = fc.constantFrom(
    ":a:",
    " ",
    "\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "*x",
    "&x ",
    "!!int ",
    "7",
    "\t",
    "|",
  );
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(pieces).map((all) => all.join(""))), (text) => {
    try {
      const value = parseYaml(text, "a.conf").get("a");
      void [value?.source, value?.scalar, value?.items?.map(({ source }) => source)];
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
    }
  }));
});

Deno.test("parseYaml() looks into what is merged, unless the mapping has the key itself", () => {
  const text = ":d: &d {a: 1, b: 2}\n:e: &e {b: 3, c: 4}\none: {<<: *d, b: 9}\nboth: {<<: [*d, *e]}\n";
  const root = parseYaml(text, "a.conf");
  const values = (name: string) => ["a", "b", "c"].map((key) => root.get(name)?.get(key)?.scalar);
  assert.deepEqual(values("one"), [1, 9, undefined]);
  assert.deepEqual(values("both"), [1, 2, 4]);
});

Deno.test("parseYaml() does not take an alias of nothing for an empty value", () => {
  const value = parseYaml(":a: *typo\n", "a.conf").get("a");
  assert.equal(value?.scalar, undefined);
  assert.equal(value?.items, undefined);
  assert.equal(value?.source, "*typo");
});
