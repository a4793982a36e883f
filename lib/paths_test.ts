import assert from "node:assert/strict";
import { InputError } from "./errors.ts";
import { parseBridgeName } from "./names.ts";
import { PROXY_DIR, RUN_FILES } from "./paths.ts";

Deno.test("RUN_FILES have names that no bridge can have", () => {
  for (const path of [...Object.values(RUN_FILES), PROXY_DIR]) {
    assert.throws(() => parseBridgeName(path.slice(path.lastIndexOf("/") + 1)), InputError, path);
  }
});
