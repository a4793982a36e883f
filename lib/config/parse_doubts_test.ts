import assert from "node:assert/strict";
import { parseConfig } from "./parse.ts";

const REST = "  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";

function doubtsOf(text: string) {
  const { entries, doubts } = parseConfig(text, "f");
  return { entries: entries?.length, doubts: doubts.map(({ at, ...meant }) => ({ line: at.line, ...meant })) };
}

Deno.test("parseConfig() has no doubts about what is good, or has a bad option", () => {
  for (const more of ["", "  :networks: [7]\n", "  :idle_timeout: x\n", "  :colour: red\n"]) {
    assert.deepEqual(doubtsOf(`:tproxy:\n- :service_port: 80\n${REST}${more}`), { entries: 1, doubts: [] }, more);
  }
  for (const text of [":a: 1\n", ":tproxy:\n", ":tproxy: []\n"]) assert.deepEqual(doubtsOf(text).doubts, [], text);
});

Deno.test("parseConfig() tells what a bad entry was meant for, as far as that can be read", () => {
  const entry = (lines: string) => doubtsOf(`:tproxy:\n- ${lines.trimStart()}`);
  const bad = "  :remote_addr: 10.11.12.13\n  :remote_port: 0\n";
  const cases: [string, Record<string, unknown>][] = [
    [`  :service_port: 80\n${bad}`, { servicePort: 80, networks: [] }],
    [`  :service_port: 80\n${bad}  :networks: [7, v0]\n`, { servicePort: 80, networks: [{ id: "7" }, { name: "v0" }] }],
    [`  :service_port: 8x\n${REST}  :networks: [7]\n`, { networks: [{ id: "7" }] }],
    [`  :service_port: 80\n${REST}  :networks: [-1]\n`, { servicePort: 80 }],
    [`  :service_port: 80\n${REST}  :netwoks: [7]\n`, { servicePort: 80 }],
    ["80\n", {}],
  ];
  for (const [lines, meant] of cases) {
    assert.deepEqual(entry(lines), { entries: 0, doubts: [{ line: 2, ...meant }] }, lines);
  }
});

Deno.test("parseConfig() doubts what an entry that stays may have been meant for besides", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["  :networks: [7, -1]\n", { servicePort: 80 }],
    ["  :networks: [7]\n  :networks: [8]\n", { servicePort: 80 }],
    ["  :service_port: 81\n", { networks: [] }],
  ];
  for (const [more, meant] of cases) {
    assert.deepEqual(doubtsOf(`:tproxy:\n- :service_port: 80\n${REST}${more}`), {
      entries: 1,
      doubts: [{ line: 2, ...meant }],
    });
  }
});

Deno.test("parseConfig() doubts everything where the list is none, or a second document begins", () => {
  assert.deepEqual(doubtsOf(":tproxy: true\n"), { entries: 0, doubts: [{ line: 1 }] });
  assert.deepEqual(doubtsOf(`:tproxy:\n- :service_port: 80\n${REST}---\n:a: 1\n`), {
    entries: 1,
    doubts: [{ line: 6 }],
  });
});

Deno.test("parseConfig() doubts what a second list takes the place of", () => {
  const text = `:tproxy:\n- :service_port: 80\n${REST}- :service_port: 81\n:tproxy:\n- :service_port: 82\n${REST}`;
  assert.deepEqual(doubtsOf(text), {
    entries: 1,
    doubts: [{ line: 2, servicePort: 80, networks: [] }, { line: 5, servicePort: 81, networks: [] }],
  });
});
