import assert from "node:assert/strict";
import { copiesOf, withdrawArchives } from "./archives.ts";
import { describeStep } from "./steps.ts";

const VNM = "/var/lib/one/remotes/vnm";
const BROUGHT = `${VNM}/one-tproxy/linux-x86_64.tar.gz`;

Deno.test("copiesOf() brings an archive under the name of its machine, and its signature", () => {
  const archive = "/srv/one-tproxy-0.1.0-linux-x86_64.tar.gz";
  assert.deepEqual(copiesOf(archive, VNM), [
    { from: archive, path: BROUGHT },
    { from: `${archive}.sig`, path: `${BROUGHT}.sig` },
  ]);
  assert.match(copiesOf("one-tproxy-1.0.0-rc.1-linux-aarch64.tar.gz", VNM)[0]?.path ?? "", /linux-aarch64\.tar\.gz$/);
});

Deno.test("copiesOf() takes nothing that was not released so", () => {
  for (
    const name of [
      "a.tar.gz",
      "one-tproxy_0.1.0_amd64.deb",
      "one-tproxy-1-linux-riscv64.tar.gz",
      "one-tproxy-1-linux-x86_64.tar.gz/",
    ]
  ) {
    assert.throws(() => copiesOf(name, VNM), /does not have the name of a released archive$/);
  }
});

Deno.test("withdrawArchives() removes archives, signatures and then their folder", () => {
  assert.deepEqual(withdrawArchives([BROUGHT]).map((step) => describeStep(step)), [
    `Removing ${BROUGHT}`,
    `Removing ${BROUGHT}.sig`,
    undefined,
  ]);
  assert.deepEqual(withdrawArchives([]), []);
});
