import assert from "node:assert/strict";
import { isSharedBy, type NumberedPass, parsePass, type PassRequest } from "./shared_pass.ts";

const RELOAD: PassRequest = { verb: "reload", config: "/a.conf" };

function pass(number: number, verb: PassRequest["verb"] = "reload", config = "/a.conf"): NumberedPass {
  return { number, verb, config, wanted: 2 };
}

Deno.test("a pass that began after the request is shared, one that had begun before is not", () => {
  assert.ok(isSharedBy(RELOAD, pass(4), pass(5)));
  assert.ok(!isSharedBy(RELOAD, pass(5), pass(5)));
  // Somebody has removed the file, and the numbers began anew.
  assert.ok(!isSharedBy(RELOAD, pass(5), pass(1)));
});

Deno.test("a pass is not shared if the number at the time of the request is unknown", () => {
  assert.ok(!isSharedBy(RELOAD, undefined, pass(5)));
});

Deno.test("a pass for another configuration is not shared", () => {
  assert.ok(!isSharedBy(RELOAD, pass(4), pass(5, "reload", "/b.conf")));
});

Deno.test("a pass is shared by verbs that need no more than it does, and a stop by none", () => {
  const verbs = ["start", "reload", "restart", "stop"] as const;
  const shared = verbs.map((latest) =>
    verbs.filter((verb) => isSharedBy({ ...RELOAD, verb }, pass(4), pass(5, latest)))
  );
  assert.deepEqual(shared, [["start"], ["start", "reload"], ["start", "reload", "restart"], []]);
});

Deno.test("a damaged file tells of no pass", () => {
  for (const text of ["", "[]", '{"number":-1,"verb":"start","config":"/a"}', '{"number":1,"verb":"toString"}']) {
    assert.equal(parsePass(text), undefined, text);
  }
  assert.deepEqual(parsePass('{"number":1,"verb":"start","config":"/a"}'), { number: 1, verb: "start", config: "/a" });
  assert.equal(parsePass('{"number":1,"verb":"start","config":"/a","wanted":"2"}'), undefined);
});
