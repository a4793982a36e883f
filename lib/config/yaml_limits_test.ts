import assert from "node:assert/strict";
import { ConfigError } from "../errors.ts";
import { parseConfig } from "./parse.ts";
import { parseYaml } from "./yaml.ts";
import { YamlError } from "./yaml_error.ts";

const ENTRY = ":service_port: 5030, :remote_addr: 10.0.0.1, :remote_port: 80";

/** Levels of aliases, each nine times as large as the one before. */
function laughs(levels: number, level: (aliases: string) => string): string {
  const names = Array.from({ length: levels }, (_, i) => `n${i}`);
  return names.map((name, i) => {
    const aliases = Array(9).fill(`*n${i - 1}`).join(", ");
    return `${name}: &${name} ${i === 0 ? level("") : level(aliases)}\n`;
  }).join("");
}

Deno.test("parseYaml() refuses a file that is nested deeper than anybody would, and says where", () => {
  for (
    const [text, line] of [
      [":a: 1\n:b: " + "[".repeat(100_000), 2],
      [":a: " + "{a: ".repeat(100_000), 1],
      [":a: " + "[".repeat(1000) + "]".repeat(1000) + "\n", 1],
      [":a:\n" + "- ".repeat(100_000) + "b\n", 2],
      ["? ".repeat(100_000) + "b\n", 1],
      [Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}k:\n`).join(""), 100],
    ] as const
  ) {
    assert.throws(() => parseYaml(text, "a.conf"), (error) => {
      assert.ok(error instanceof YamlError);
      assert.match(error.message, /^a\.conf:\d+:\d+: not YAML: nested more than 100 deep$/);
      assert.equal(error.at.line, line);
      return true;
    });
  }
});

Deno.test("parseYaml() takes what is nested thirty deep", () => {
  for (const text of [`:a: ${"[".repeat(30)}7${"]".repeat(30)}\n`, `:a:\n${"- ".repeat(30)}7\n`]) {
    let value = parseYaml(text, "a.conf").get("a");
    while (value?.items !== undefined) value = value.items[0];
    assert.equal(value?.scalar, 7);
  }
});

Deno.test("parseConfig() is not kept busy by lists of aliases of lists", () => {
  const lists = laughs(12, (aliases) => `[${aliases === "" ? "x, x" : aliases}]`);
  for (const last of [":tproxy: *n11\n", `:tproxy:\n- {${ENTRY}, :networks: *n11}\n`]) {
    const { entries, problems } = parseConfig(lists + last, "a.conf");
    assert.deepEqual([entries, problems.length > 0], [[], true]);
  }
});

Deno.test("parseConfig() is not kept busy by mappings that are merged again and again, or into themselves", () => {
  const merges = laughs(20, (aliases) => aliases === "" ? "{x: 1}" : `{<<: [${aliases}]}`);
  const long = Array.from({ length: 20_000 }, (_, i) => `m${i}: &m${i} {<<: *m${i - 1}}\n`).join("");
  for (const text of [`${merges}:tproxy:\n- *n19\n`, `m: &m-1 {x: 1}\n${long}:tproxy:\n- *m19999\n`]) {
    assert.equal(parseConfig(text, "a.conf").problems.length, 3);
  }
  const loops = [
    ":a: &a {<<: *a}\n:tproxy:\n- *a\n",
    ":a: &a [{<<: *a}]\n:tproxy: *a\n",
    "<<: &a {<<: *a}\n:tproxy: []\n",
  ];
  for (const text of loops) assert.deepEqual(parseConfig(text, "a.conf").entries, []);
});

Deno.test("parseConfig() gives up a file whose aliases make millions of values of it", () => {
  const many = (text: string) => text.repeat(5000);
  for (
    const entry of [
      `{${ENTRY}, :networks: [${many("a, ")}]}`,
      `{${ENTRY}, ${many("networks: 1, ")}}`,
      `{${ENTRY}, ${many("a: 1, ")}}`,
      `{${ENTRY}, <<: [${many("{}, ")}]}`,
      `{${ENTRY}, ${many("<<: *d, ")}}`,
    ]
  ) {
    const text = `:d: &d {}\n:x: &x ${entry}\n:tproxy:\n${many("- *x\n")}`;
    assert.throws(() => parseConfig(text, "a.conf"), (error) => {
      return error instanceof ConfigError && /^The configuration a\.conf is too large once/.test(error.message);
    }, entry.slice(0, 90));
  }
});

Deno.test("parseConfig() takes a file that is as large as it may be as it takes a small one", () => {
  const lines = "- :service_port: 80\n  :remote_addr: 10.0.0.1\n  :remote_port: 80\n".repeat(1000);
  const left = 256 * 1024 - `:tproxy:\n${lines}`.length;
  for (const other of [":key: value\n# a comment\n", "a:\n"]) {
    const others = other.repeat(Math.floor(left / other.length));
    const { entries, problems } = parseConfig(`${others}:tproxy:\n${lines}`, "a.conf");
    assert.deepEqual([entries?.length, problems], [1000, []]);
  }
});
