import assert from "node:assert/strict";
import { describeProblem } from "./config.ts";

Deno.test("describeProblem() names file, line, column, key, value and what was expected", () => {
  const problem = { at: { line: 7, column: 20 }, key: ":service_port:", expected: "a port from 1 to 65535" };
  assert.equal(
    describeProblem("/etc/a.conf", { ...problem, value: "70000" }),
    "/etc/a.conf:7:20: :service_port: is 70000; expected a port from 1 to 65535",
  );
  assert.equal(
    describeProblem("/etc/a.conf", { ...problem, value: undefined }),
    "/etc/a.conf:7:20: :service_port: is missing; expected a port from 1 to 65535",
  );
});
