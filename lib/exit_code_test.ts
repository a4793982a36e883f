import assert from "node:assert/strict";
import { NotNotedError, TproxyError } from "./errors.ts";
import { ASK_ANOTHER, exitCodeOf, FAILED, KEPT, OK, USAGE } from "./exit_code.ts";

function capture(): { text: string; writeSync(bytes: Uint8Array): number } {
  return {
    text: "",
    writeSync(bytes) {
      this.text += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
}

Deno.test("exitCodeOf() returns the code of the work, and prints nothing", async () => {
  const output = capture();
  for (const code of [OK, FAILED, USAGE, KEPT]) {
    assert.equal(await exitCodeOf("setup", () => Promise.resolve(code), output), code);
  }
  assert.equal(output.text, "");
});

Deno.test("exitCodeOf() turns an error into one line and FAILED", async () => {
  const output = capture();
  const work = () => Promise.reject(new TproxyError("Cannot do it\nat all", "try again"));
  assert.equal(await exitCodeOf("setup", work, output), FAILED);
  assert.equal(output.text, "setup: error: Cannot do it | at all; try again\n");
});

Deno.test("exitCodeOf() leaves to another program what is not noted, and prints nothing", async () => {
  const output = capture();
  const work = () => Promise.reject(new NotNotedError("Nothing is noted of a.conf"));
  assert.equal(await exitCodeOf("setup", work, output), ASK_ANOTHER);
  assert.equal(output.text, "");
});

Deno.test("exitCodeOf() says where the permissions are listed when one is missing", async () => {
  const output = capture();
  const work = () => Promise.reject(new Deno.errors.NotCapable("Requires read access"));
  assert.equal(await exitCodeOf("tproxy", work, output), FAILED);
  assert.match(output.text, /^tproxy: error: NotCapable: Requires read access; .*docs\/permissions\.md\n$/);
});

Deno.test("exitCodeOf() returns FAILED even if nobody listens to the line any more", async () => {
  const output = {
    writeSync(): number {
      throw new Deno.errors.BrokenPipe();
    },
  };
  assert.equal(await exitCodeOf("inner", () => Promise.reject(new Error("x")), output), FAILED);
});
