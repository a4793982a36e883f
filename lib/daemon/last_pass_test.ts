import assert from "node:assert/strict";
import { parseLastPass } from "./last_pass.ts";

Deno.test("a damaged file is as good as no pass", () => {
  const pass = { at: 1_700_000_000_000, seconds: 0.25, isWatch: true };
  assert.deepEqual(parseLastPass(JSON.stringify({ ...pass, more: 1 })), pass);
  for (const bad of [{ at: -1 }, { at: "1" }, { seconds: null }, { isWatch: 1 }]) {
    assert.equal(parseLastPass(JSON.stringify({ ...pass, ...bad })), undefined);
  }
  for (const text of ["", "[]", "null", '{"at":1e999,"seconds":1,"isWatch":true}']) {
    assert.equal(parseLastPass(text), undefined, text);
  }
});
