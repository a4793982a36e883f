import assert from "node:assert/strict";
import { InputError } from "../errors.ts";
import { commandPermissions } from "./command_permissions.ts";
import { toFlags } from "./permissions.ts";

Deno.test("toFlags() gives no flag, and so no permission, for an empty list", () => {
  assert.deepEqual(toFlags({ net: [], read: [], write: [], run: [], env: [], sys: [] }), [
    "--no-prompt",
    "--no-remote",
  ]);
});

Deno.test("toFlags() refuses a value that the flags would read as two", () => {
  assert.throws(() => toFlags(commandPermissions("setup", "/tmp/a,/etc")), InputError);
  const nothing = { net: [], read: [], write: [], run: [], env: [], sys: [] };
  for (const kind of ["net", "read", "write", "run", "env"] as const) {
    assert.throws(() => toFlags({ ...nothing, [kind]: ["good", "a,b"] }), /^InputError: a,b holds a comma$/);
  }
});
