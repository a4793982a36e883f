/**
 * The distribution for aarch64, as `deno task package:aarch64` has made it on another machine before the lab was
 * entered: it is that for x86_64 with another runtime. Nothing here can run it.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { AARCH64, type Architecture, distributionOf, X86_64 } from "../packaging/architecture.ts";
import { dependsOf } from "../packaging/package/deb.ts";
import { Host } from "./lab/host.ts";
import { copySources, taskIn } from "./lab/other_checkout.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Where things are that were made for a machine. */
function filesOf(architecture: Architecture, root = ROOT) {
  const { name, debian, suffix } = architecture;
  const tree = `${root}.build/dist${suffix}/${distributionOf(settings.version, architecture)}`;
  const packages = `${root}.build/packages${suffix}/one-tproxy`;
  return {
    tree,
    archive: `${tree}.tar.gz`,
    deb: `${packages}_${settings.version}_${debian}.deb`,
    rpm: `${packages}-${settings.version}-1.${name}.rpm`,
  };
}

const X86 = filesOf(X86_64);
const ARM = filesOf(AARCH64);

/** Prints where the runtime for aarch64 is in Deno's cache. */
const FIND = `const { AARCH64 } = await import("${ROOT}packaging/architecture.ts");
const { findRuntime } = await import("${ROOT}packaging/runtime.ts");
console.log(await findRuntime(AARCH64));`;

/** The checksums of a distribution's files, by path. */
async function sumsOf(host: Host, tree: string): Promise<Map<string, string>> {
  await host.text(["env", `--chdir=${tree}`, "sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]);
  const lines = (await host.text(["cat", `${tree}/SHA256SUMS`])).trim().split("\n");
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

Deno.test("the archive for aarch64 is that for x86_64 but for the runtime, which the bill of materials names", async () => {
  await using host = await Host.create("reader");
  const list = async (archive: string) =>
    (await host.text(["tar", "-tvzf", archive])).replaceAll(/ +\d+ 1970/g, "").replaceAll("x86_64", "aarch64").split(
      "\n",
    );
  assert.deepEqual(await list(ARM.archive), await list(X86.archive));
  const [arm, x86] = [await sumsOf(host, ARM.tree), await sumsOf(host, X86.tree)];
  assert.deepEqual([...arm.keys()], [...x86.keys()]);
  assert.deepEqual([...arm.keys()].filter((path) => arm.get(path) !== x86.get(path)), ["lib/deno", "sbom.json"]);
  // The ELF header: 64 bits, and EM_AARCH64.
  const header = async (tree: string) =>
    (await host.text(["od", "-An", "-tx1", "-N20", `${tree}/lib/deno`])).split(/\s+/);
  assert.match((await header(ARM.tree)).join(" "), /^ 7f 45 4c 46 02 .* b7 00 $/);
  assert.match((await header(X86.tree)).join(" "), /^ 7f 45 4c 46 02 .* 3e 00 $/);
  const sbom = async (tree: string) => await host.text(["cat", `${tree}/sbom.json`]);
  const [runtime] = JSON.parse(await sbom(ARM.tree)).components;
  assert.deepEqual([runtime.name, runtime.version], ["deno", Deno.version.deno]);
  assert.deepEqual(runtime.hashes, [{ alg: "SHA-256", content: arm.get("lib/deno") }]);
  assert.equal(
    await sbom(ARM.tree),
    (await sbom(X86.tree)).replace(x86.get("lib/deno") ?? "", runtime.hashes[0].content),
  );
});

Deno.test("the packages for aarch64 hold what those for x86_64 hold, and need the libraries that their runtime needs", async () => {
  await using host = await Host.create("reader");
  const field = async (deb: string, name: string) => (await host.text(["dpkg-deb", "-f", deb, name])).trim();
  assert.deepEqual([await field(ARM.deb, "Architecture"), await field(X86.deb, "Architecture")], ["arm64", "amd64"]);
  const rpm = async (file: string, ...query: string[]) => await host.text(["rpm", "-qp", ...query, file]);
  assert.equal(await rpm(ARM.rpm, "--qf", "%{ARCH} %{OS}"), "aarch64 linux");
  const inDeb = async (deb: string) =>
    (await host.text(["dpkg-deb", "-c", deb])).replaceAll(/ +\d+ 20\d\d-\d\d-\d\d \d\d:\d\d/g, "");
  assert.equal(await inDeb(ARM.deb), await inDeb(X86.deb));
  assert.equal(await rpm(ARM.rpm, "-l"), await rpm(X86.rpm, "-l"));
  // rpm reads from the runtime itself what it is linked to.
  const requires = await rpm(ARM.rpm, "--requires");
  assert.match(requires, /^ld-linux-aarch64\.so\.1\(/m);
  const glibc = Math.max(...[...requires.matchAll(/\(GLIBC_2\.(\d+)\)/g)].map(([, minor]) => Number(minor)));
  assert.equal(await field(ARM.deb, "Depends"), dependsOf());
  assert.match(dependsOf(), new RegExp(`libc6 \\(>= 2\\.${glibc}\\)`));
  const { code, stdout } = await host.run(["lintian", "--allow-root", "--fail-on", "error", ARM.deb]);
  assert.equal(code, 0, stdout);
});

Deno.test("two builds for aarch64 give the same bytes, wherever, whenever and with whatever umask", async () => {
  await using host = await Host.create("builder");
  const other = `${ROOT}.build/aarch64-again/`;
  await copySources(host, other);
  await host.text(taskIn(other, "package:aarch64"));
  const again = filesOf(AARCH64, other);
  for (const kind of ["archive", "deb", "rpm"] as const) await host.text(["cmp", ARM[kind], again[kind]]);
  await host.text(["rm", "-r", other]);
});

Deno.test("a build for aarch64 refuses another runtime than the one whose checksum it knows, and leaves nothing", async () => {
  await using host = await Host.create("builder");
  await copySources(host, "/run/other");
  await host.write("/run/false", "another runtime\n");
  const runtime = (await host.text([Deno.execPath(), "eval", FIND])).trim();
  await host.text(["mount", "--bind", "/run/false", runtime]);
  const { code, stderr } = await host.run(taskIn("/run/other", "dist:aarch64"));
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /^dist: error: The runtime of npm:@deno\/linux-arm64-glibc@\S+ has the SHA-256 \w{64}, not \w{64}$/m,
  );
  assert.equal(await host.text(["ls", "/run/other/.build"]), "");
});

Deno.test("install.sh takes the machine that the archive beside it is for, and no other", async () => {
  await using host = await Host.create("machine");
  const refused = await host.run([`${ARM.tree}/install.sh`]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^install\.sh: error: this is Linux x86_64, and the programs are for Linux aarch64$/m);
  // As on a machine for which uname says so.
  const check =
    `set -eu; here=$1; says=$2; die() { echo "$*"; exit 1; }; id() { echo 0; }; uname() { echo "Linux $says"; }
. "$here/share/install/check.sh"; check_machine; echo taken`;
  const checkOn = async (tree: string, machine: string) =>
    (await host.run(["sh", "-c", check, "sh", tree, machine])).stdout;
  assert.equal(await checkOn(ARM.tree, "aarch64"), "taken\n");
  assert.equal(await checkOn(X86.tree, "x86_64"), "taken\n");
  assert.equal(await checkOn(X86.tree, "aarch64"), "this is Linux aarch64, and the programs are for Linux x86_64\n");
  assert.equal(await checkOn(ARM.tree, "armv8l"), "this is Linux armv8l, and the programs are for Linux aarch64\n");
});
