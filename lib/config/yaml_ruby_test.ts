import assert from "node:assert/strict";
import { parseYaml } from "./yaml.ts";

Deno.test("parseYaml() takes brackets over several lines, and says where if their lines are not indented", () => {
  for (const list of ["[\n  x,\n  y\n]", "[x,\n  y]", "[\n\n # why\n 'x', \"y\"\n]"]) {
    const values = parseYaml(`:a: ${list}\n:b: 1\n`, "a.conf").get("a")?.items?.map(({ scalar }) => scalar);
    assert.deepEqual(values, ["x", "y"], list);
  }
  // Ruby accepts these.
  for (const [text, place] of [[":a: [\nx,\ny\n]\n", "1:6"], [":a:\n- :b: {\n  c: 1\n}\n", "2:8"]] as const) {
    assert.throws(() => parseYaml(text, "a.conf"), { message: RegExp(`^a.conf:${place}: not YAML: .* indented`) });
  }
});

Deno.test("parseYaml() does not mind tags, whatever they mean to somebody else", () => {
  const others = [
    ":x: !ruby/object:Foo {a: 1}",
    ":x: !ruby/range 1..2",
    ":x: !ruby/regexp /x/",
    ":x: !!binary not base64",
    ":x: !!int x",
    ":x: !!set [a, b]",
    ":x: !!omap {a: 1}",
    ":x: !!timestamp yesterday",
    ":x: !foo",
  ];
  for (const other of others) assert.equal(parseYaml(`${other}\n:a: 7\n`, "a.conf").get("a")?.scalar, 7, other);
  const tagged: [string, unknown][] = [["!ruby/symbol b", "b"], ["!!str 7", "7"], ["! 7", "7"], ["!!int 7", "7"]];
  for (const [text, value] of tagged) assert.equal(parseYaml(`:a: ${text}\n`, "a.conf").get("a")?.scalar, value, text);
  assert.equal(parseYaml("!ruby/hash:Foo\n!ruby/symbol a: 7\n", "a.conf").get("a")?.scalar, 7);
});

Deno.test("parseYaml() reads the first of several documents, and knows that there is another", () => {
  const cases: [string, number | undefined][] = [
    ["---\n:a: 7\n...\n", undefined],
    ["%YAML 1.1\n---\n:a: 7\n---\n# nothing\n", undefined],
    [":a: 7\n---\n:a: 8\n", 3],
    [":a: 7\n---\n[\n", 3],
    [":a: 7\n...\nrest\n", 3],
  ];
  for (const [text, line] of cases) {
    const root = parseYaml(text, "a.conf");
    assert.deepEqual([root.get("a")?.scalar, root.nextDocument?.line], [7, line], text);
  }
});

Deno.test("parseYaml() looks into what is merged, unless the mapping has the key itself", () => {
  const text = ":d: &d {a: 1, b: 2}\n:e: &e {b: 3, c: 4}\none: {<<: *d, b: 9}\nboth: {<<: [*d, *e]}\n";
  const root = parseYaml(text, "a.conf");
  const values = (name: string) => ["a", "b", "c"].map((key) => root.get(name)?.get(key)?.scalar);
  assert.deepEqual(values("one"), [1, 9, undefined]);
  assert.deepEqual(values("both"), [1, 2, 4]);
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
