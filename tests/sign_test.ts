/**
 * The signatures of a release: `deno task sign` makes them, and the guide's commands check them.
 *
 * @module
 */

import assert from "node:assert/strict";
import guide from "../docs/release.md" with { type: "text" };
import { Host } from "./lab/host.ts";

const CHECKOUT = "/run/checkout";

/** What is released, in the folders in which `deno task package` makes it. */
const FILES = [
  "dist/one-tproxy-1.2.3-linux-x86_64.tar.gz",
  "packages/one-tproxy_1.2.3_amd64.deb",
  "packages/one-tproxy-1.2.3-1.x86_64.rpm",
  "dist-aarch64/one-tproxy-1.2.3-linux-aarch64.tar.gz",
  "packages-aarch64/one-tproxy_1.2.3_arm64.deb",
];

/** A host with a checkout in which there is something to sign, and two keys. */
async function makeSigner(files: readonly string[] = FILES): Promise<Host> {
  const host = await Host.create("signer");
  await host.text(["mkdir", CHECKOUT]);
  await host.text(["cp", "-r", "--parents", "packaging", "lib", "deno.json", "deno.lock", CHECKOUT]);
  for (const file of files) await host.write(`${CHECKOUT}/.build/${file}`, `this is ${file}\n`);
  for (const key of ["one-tproxy", "other"]) {
    await host.text(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", `/run/${key}`]);
  }
  return host;
}

/** Signs in the checkout; the key is named as it is from `/run`. */
function sign(host: Host, ...args: string[]) {
  const task = [Deno.execPath(), "task", "--quiet", "--config", `${CHECKOUT}/deno.json`, "sign", ...args];
  return host.run(["env", "--unset=INIT_CWD", "--chdir=/run", ...task]);
}

/** Runs the guide's commands where somebody has put the files, their signatures and the public key. */
async function verify(host: Host) {
  const [, commands = ""] = /\n## Check a signature\n[^]*?\n```sh\n([^]*?)```/.exec(guide) ?? [];
  assert.match(commands, /ssh-keygen -Y verify/);
  await host.text(["rm", "-rf", "/run/got"]);
  const collect = `mkdir /run/got; cp ${CHECKOUT}/.build/*/one-tproxy* /run/one-tproxy.pub /run/got`;
  await host.text(["sh", "-c", collect]);
  return (tamper = "") => host.run(["sh", "-c", `cd /run/got; ${tamper}\nset -e; ${commands}`]);
}

Deno.test("sign signs every archive and package with the key that it is given, and the guide's commands accept them", async () => {
  await using host = await makeSigner();
  const { code, stdout, stderr } = await sign(host, "--key", "one-tproxy");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.trim().split("\n").toSorted(), FILES.map((file) => `.build/${file}.sig`).toSorted());
  // A second time, after another build: the old signature is replaced.
  await host.write(`${CHECKOUT}/.build/${FILES[0]}`, "another build\n");
  assert.equal((await sign(host, "--key", "/run/one-tproxy")).code, 0);
  const checked = await (await verify(host))();
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.equal(
    checked.stdout.match(/^Good "one-tproxy" signature for one-tproxy with ED25519 key /gm)?.length,
    FILES.length,
  );
});

Deno.test("the guide's commands refuse a file that was changed, one without a signature, and one that another has signed", async () => {
  await using host = await makeSigner();
  assert.equal((await sign(host, "--key", "one-tproxy")).code, 0);
  for (const tamper of ["echo x >>one-tproxy_1.2.3_amd64.deb", "rm one-tproxy-1.2.3-linux-x86_64.tar.gz.sig"]) {
    const { code, stdout } = await (await verify(host))(tamper);
    assert.notEqual(code, 0, `${tamper}: ${stdout}`);
  }
  assert.equal((await sign(host, "--key", "other")).code, 0);
  const { code, stdout } = await (await verify(host))();
  assert.notEqual(code, 0);
  assert.doesNotMatch(stdout, /^Good/m);
});

Deno.test("sign says what is missing: a key, a key that is there, or something to sign", async () => {
  await using host = await makeSigner([]);
  for (const args of [[], ["--key"], ["one-tproxy"], ["--key", "one-tproxy", "more"]]) {
    assert.match(
      (await sign(host, ...args)).stderr,
      /^sign: error: No key is named; run "deno task sign --key FILE"; .*\n$/,
    );
  }
  const nothing = /^sign: error: There is nothing to sign; run "deno task package" first\n$/;
  assert.match((await sign(host, "--key", "one-tproxy")).stderr, nothing);
  await host.write(`${CHECKOUT}/.build/${FILES[1]}`, "a package\n");
  const { code, stderr } = await sign(host, "--key", "missing");
  assert.equal(code, 1);
  assert.match(stderr, /^sign: error: Cannot sign .*\.deb with \/run\/missing: .*No such file/);
});
