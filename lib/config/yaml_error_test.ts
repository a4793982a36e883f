import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../errors.ts";
import { parseYaml } from "./yaml.ts";
import { YamlError } from "./yaml_error.ts";

Deno.test("parseYaml() says where a file stops being YAML, and what that line is", () => {
  const cases: [string, number, number, string][] = [
    [":a: 1\n\t:b: 2\n", 2, 1, "\t:b: 2"],
    [":a: 1\r\n\t:b: 2\r\n", 2, 1, "\t:b: 2"],
    [":a:\n- b\n:c: d\n - e: f\n", 3, 5, ":c: d"],
    [":a: [1, 2\n:b: 3\n", 1, 10, ":a: [1, 2"],
    [":a: 1\n:b: @\u001b[2J\n", 2, 5, ":b: @\ufffd[2J"],
  ];
  for (const [text, line, column, source] of cases) {
    assert.throws(() => parseYaml(text, "a.conf"), (error) => {
      assert.ok(error instanceof YamlError);
      assert.equal(error.message, `a.conf:${line}:${column}: not YAML: ${error.reason}`);
      assert.deepEqual([error.at, error.line], [{ line, column }, source]);
      return true;
    });
  }
});

Deno.test("parseYaml() names a key of ours whose colon has no space behind it", () => {
  const cases: [string, number, number, string][] = [
    [":tproxy:\n- :service_port:5030\n  :remote_addr: a\n", 2, 3, ":service_port:5030"],
    [":tproxy:\n- :remote_addr: a\n  service_port:5030\n", 3, 3, ":service_port:5030"],
    [":tproxy:\n- :remote_addr: a\n  :networks:[7]\n  :remote_port: 80\n", 3, 3, ":networks:[7]"],
    [":tproxy_debug_level:2\n:tproxy:\n- a\n", 1, 1, ":tproxy_debug_level:2"],
  ];
  for (const [text, line, column, key] of cases) {
    assert.throws(() => parseYaml(text, "a.conf"), {
      message: `a.conf:${line}:${column}: not YAML: ${key} lacks a space after the colon`,
    });
  }
  assert.throws(() => parseYaml(":a: 1\n:b:2\n", "a.conf"), /not YAML: Implicit/);
});

Deno.test("parseYaml() finds what is missing at the end of the file after its last word", () => {
  const cases: [string, number, number][] = [
    [":a: 1\n:b: 'x\n", 2, 7],
    [":a: 1\n:b: 'x\n\n\n", 2, 7],
    [":a: {b: 1\n", 1, 10],
    ["'", 1, 2],
  ];
  for (const [text, line, column] of cases) {
    assert.throws(
      () => parseYaml(text, "a.conf"),
      (error) => error instanceof YamlError && error.at.line === line && error.at.column === column,
      JSON.stringify(text),
    );
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
