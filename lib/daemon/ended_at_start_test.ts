import assert from "node:assert/strict";
import { describeEndAtStart } from "./ended_at_start.ts";

const END = { code: 1, signal: null };

Deno.test("an end is described by its exit code, or by its signal, when the log says nothing", () => {
  assert.equal(describeEndAtStart(END, ""), "it ended at once with exit code 1");
  assert.equal(describeEndAtStart({ code: null, signal: "SIGKILL" }, "\n"), "it ended at once by SIGKILL");
});

Deno.test("an end is described by a program's last error, and not by the stack behind it or by another daemon's line", () => {
  const uncaught = [
    "error: Uncaught (in promise) Error: failed",
    'throw new Error("failed");',
    "      ^",
    "    at file:///fd/3:1:7",
    '{"time":"2026-01-01T00:00:00.000Z","level":"info","message":"Draining"}',
    "",
  ];
  assert.equal(
    describeEndAtStart(END, uncaught.join("\n")),
    "it ended at once with exit code 1: error: Uncaught (in promise) Error: failed",
  );
  assert.equal(
    describeEndAtStart({ code: 127, signal: null }, "setpriv: failed to execute x: No such file or directory\n"),
    "it ended at once with exit code 127: setpriv: failed to execute x: No such file or directory",
  );
});

Deno.test("an end without such an error is described by the last line of the log, or by the last line at all", () => {
  const line =
    '{"time":"2026-01-01T00:00:00.000Z","level":"error","message":"Cannot read routes","error":"no such file"}';
  assert.equal(
    describeEndAtStart(END, `${line}\n`),
    "it ended at once with exit code 1: Cannot read routes: no such file",
  );
  assert.equal(describeEndAtStart(END, "first\nlast\n"), "it ended at once with exit code 1: last");
});

Deno.test("what a line says is bounded and safe to print", () => {
  const text = describeEndAtStart(END, `error: \x1b[2J\u202e${"x".repeat(10_000)}`);
  assert.ok(text.length < 400);
  assert.match(text, /^it ended at once with exit code 1: error: \ufffd\[2J\ufffdx+$/);
});
