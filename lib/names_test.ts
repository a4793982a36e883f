import assert from "node:assert/strict";
import { InputError } from "./errors.ts";
import { GUEST_ADDRESS, parseBridgeName, TPROXY } from "./names.ts";

Deno.test("GUEST_ADDRESS and TPROXY are those of the user document", () => {
  assert.equal(GUEST_ADDRESS, "169.254.16.9");
  assert.equal(TPROXY, "one_tproxy");
});

Deno.test("parseBridgeName() accepts names that devices, nft and paths all take", () => {
  for (const name of ["b", "br0", "onebr.12", "_x", "0", "br-lan", "A.b-c_9", "b".repeat(14)]) {
    assert.equal(parseBridgeName(name), name);
  }
});

Deno.test("parseBridgeName() refuses names that mean something else to a path, a shell, nft or ip", () => {
  const wrong = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a b",
    "a\n",
    "\nbr0",
    "a;b",
    "a{b",
    'a"b',
    "$x",
    "a:b",
    "a,b",
    "*",
    "-br0",
    "brü",
    "b".repeat(16),
  ];
  for (const name of wrong) {
    assert.throws(() => parseBridgeName(name), (error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.message, `${JSON.stringify(name)} is not a bridge name`);
      return true;
    });
  }
});
