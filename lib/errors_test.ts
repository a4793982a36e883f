import assert from "node:assert/strict";
import { ConfigError, DaemonError, describe, InputError, KernelStateError, LockError, TproxyError } from "./errors.ts";

Deno.test("describe() joins the message and the remedy of an error of ours", () => {
  assert.equal(describe(new TproxyError("Cannot do it", "try again")), "Cannot do it; try again");
  assert.equal(describe(new ConfigError("Cannot read it")), "Cannot read it");
});

Deno.test("describe() gives name and message of any other error, and the text of anything else", () => {
  assert.equal(describe(new RangeError("too large")), "RangeError: too large");
  assert.equal(describe(new Deno.errors.ConnectionReset("os error 104")), "ConnectionReset: os error 104");
  for (const [thrown, text] of [["x", "x"], [7, "7"], [undefined, "undefined"], [null, "null"]]) {
    assert.equal(describe(thrown), text);
  }
});

Deno.test("describe() puts everything into one line", () => {
  assert.equal(
    describe(new TproxyError("nft said:\n  a\r\n\n  b\n", "look at it")),
    "nft said: | a | b | ; look at it",
  );
  assert.equal(describe(new Error("\na\nb\n")), "Error: | a | b");
  assert.equal(describe("a\n"), "a");
});

Deno.test("TproxyError() and its kinds carry name, remedy and cause", () => {
  const cause = new Error("deeper");
  for (const Kind of [TproxyError, InputError, ConfigError, KernelStateError, DaemonError, LockError]) {
    const error = new Kind("m", "r", { cause });
    assert.ok(error instanceof TproxyError);
    assert.equal(error.name, Kind.name);
    assert.deepEqual([error.message, error.remedy, error.cause], ["m", "r", cause]);
  }
  assert.equal(new TproxyError("m").remedy, "");
});
