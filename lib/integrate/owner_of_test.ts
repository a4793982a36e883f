import assert from "node:assert/strict";
import { decidingOwner, onTheWay } from "./owner_of.ts";

Deno.test("decidingOwner() chooses who owns the first on the way that is not root's", () => {
  const as = (uid: number, gid: number) => [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  assert.deepEqual(decidingOwner("0 0\n0 50\n9869 9870\n0 0\n1000 1000\n"), as(9869, 9870));
  assert.deepEqual(decidingOwner("0 0\n0 0\n10 0\n"), as(10, 0));
  assert.deepEqual(decidingOwner("0 0\n0 50\n"), as(0, 0));
});

Deno.test("onTheWay() lists each folder of the way, the outermost first", () => {
  assert.deepEqual(onTheWay("/var/tmp/one/vnm"), ["/var", "/var/tmp", "/var/tmp/one", "/var/tmp/one/vnm"]);
});
