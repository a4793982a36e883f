import assert from "node:assert/strict";
import { AARCH64, architectureOf, distributionOf, X86_64 } from "./architecture.ts";

Deno.test("a distribution is for x86_64 unless another machine is named, and for no machine that there is none for", () => {
  assert.equal(architectureOf([]), X86_64);
  assert.equal(architectureOf(["aarch64"]), AARCH64);
  assert.equal(distributionOf("1.2.3", AARCH64), "one-tproxy-1.2.3-linux-aarch64");
  for (const args of [["arm64"], [""], ["aarch64", "x86_64"], ["--arch"]]) {
    assert.throws(() => architectureOf(args), /is no machine that a distribution is made for/);
  }
});
