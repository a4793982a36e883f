import assert from "node:assert/strict";
import { parseYaml } from "./yaml.ts";

Deno.test("parseYaml() finds a key by its bare name, however it is written", () => {
  for (const key of [":tproxy", "tproxy", '"tproxy"', "'tproxy'", ':"tproxy"', '":tproxy"', ":'tproxy'"]) {
    assert.equal(parseYaml(`:a: 1\n${key}: 7\n`, "a.conf").get("tproxy")?.scalar, 7, key);
  }
  for (const key of [":tproxy_x", "xtproxy", "TPROXY", "7", "? [tproxy]\n"]) {
    assert.equal(parseYaml(`${key}: 7\n`, "a.conf").get("tproxy"), undefined, key);
  }
});

Deno.test("parseYaml() lets the last of two equal keys count, as Ruby does", () => {
  assert.equal(parseYaml(":a: 1\na: 2\n:a: 3\n", "a.conf").get("a")?.scalar, 3);
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

Deno.test("parseYaml() counts lines and columns the same with CRLF and with CR", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["# x", ":a: 1", ":b:   70000", ""].join(end);
    assert.deepEqual(parseYaml(text, "a.conf").get("b")?.at, { line: 3, column: 7 }, JSON.stringify(end));
  }
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

Deno.test("parseYaml() lets an alias stand for the last anchor of that name before it", () => {
  const root = parseYaml("x: &x 1\n:a: *x\ny: &x 2\n:b: *x\n", "a.conf");
  assert.deepEqual(["a", "b"].map((key) => root.get(key)?.scalar), [1, 2]);
});

Deno.test("parseYaml() gives a source that is safe to print", () => {
  const source = parseYaml(":a: \u001b[2Jx\u0000y\u2028z\n", "a.conf").get("a")?.source;
  assert.equal(source, "\ufffd[2Jx\ufffdy\ufffdz");
});

Deno.test("parseYaml() does not take an alias of nothing for an empty value", () => {
  const value = parseYaml(":a: *typo\n", "a.conf").get("a");
  assert.equal(value?.scalar, undefined);
  assert.equal(value?.items, undefined);
  assert.equal(value?.source, "*typo");
});
