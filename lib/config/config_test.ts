import assert from "node:assert/strict";
import { describeProblem, printable } from "./config.ts";

Deno.test("describeProblem() names file, line, column, key, value and what was expected", () => {
  const problem = { at: { line: 7, column: 20 }, key: ":service_port:", advice: "expected a port from 1 to 65535" };
  assert.equal(
    describeProblem("/etc/a.conf", { ...problem, value: "70000" }),
    "/etc/a.conf:7:20: :service_port: is 70000; expected a port from 1 to 65535",
  );
  assert.equal(
    describeProblem("/etc/a.conf", { ...problem, value: undefined }),
    "/etc/a.conf:7:20: :service_port: is missing; expected a port from 1 to 65535",
  );
});

Deno.test("printable() replaces what moves a terminal's cursor, and nothing else", () => {
  assert.equal(
    printable("a\u001b[2J\r\u0000\u007f\u009b\u2028\u202eb"),
    "a\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdb",
  );
  assert.equal(printable("\tvnet \u00e9\u4e2d"), "\tvnet \u00e9\u4e2d");
});
