/**
 * The distribution, as `deno task dist` has made it before the lab was entered: it runs from its archive alone, and
 * holds what it says it holds.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import lock from "../deno.lock" with { type: "text" };
import settings from "../deno.json" with { type: "json" };
import { EXAMPLE_FILE } from "../lib/commands/permissions_report.ts";
import { configOf, outputOf } from "../packaging/config_option.ts";
import { distribution } from "../lib/permissions/distribution.ts";
import { commandPermissions } from "../lib/permissions/command_permissions.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import { COMMAND_PROGRAMS, type CommandProgram, programOf } from "../lib/permissions/verbs.ts";
import { makeBare } from "./lab/bare_root.ts";
import { Host } from "./lab/host.ts";
import { runInstalled, serve, unserve } from "./lab/installed.ts";
import { copySources, taskIn } from "./lab/other_checkout.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, inLab, makeScenario } from "./lab/scenario.ts";
import type { Problems } from "./lab/validate_sbom.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const NAME = `one-tproxy-${settings.version}-linux-x86_64`;
const DIST = `${ROOT}.build/dist`;
const ARCHIVE = `${DIST}/${NAME}.tar.gz`;

/** What a program is run with. */
function flagsOf(
  program: CommandProgram,
  root: string,
  args: readonly string[] = [],
  file = outputOf(args),
): string[] {
  return toFlags(commandPermissions(program, configOf(args), distribution(`${root}/lib`, `${root}/lib/deno`), file));
}

/** The whole environment of a program. */
const ENVIRONMENT = [
  "DENO_DIR=/dev/null",
  "DENO_LOG=error,deno::cache::cache_db=off",
  "DENO_NO_UPDATE_CHECK=1",
];

/**
 * A host with the launchers of the distribution, and in place of its runtime a program that says what it is run with.
 */
async function withEcho(root: string): Promise<Host> {
  const host = await Host.create("echo");
  await host.text(["mkdir", "-p", `${root}/lib`]);
  await host.text(["cp", "-r", `${DIST}/${NAME}/bin`, `${root}/bin`]);
  await host.write(`${root}/lib/deno`, '#!/bin/sh\nprintf "%s\\0" "$@"\ncat /proc/$$/environ\n');
  await host.text(["chmod", "755", `${root}/lib/deno`]);
  return host;
}

Deno.test(
  "the distribution serves a guest from its archive alone, without a home, a cache, a checkout or a writable root",
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const { host } = scenario.hv;
    const place = "/var/tmp/one-tproxy";
    await host.text(["mkdir", place]);
    await host.text(["tar", "-xzf", ARCHIVE, "-C", place]);
    await makeBare(host);
    assert.match((await host.run(["touch", `${place}/file`])).stderr, /Read-only file system/);
    assert.equal((await host.run(["test", "-e", `${ROOT}deno.json`])).code, 1);
    const bin = `${place}/${NAME}/bin`;
    await serve(scenario, bin);
    const { stdout } = await host.run(["script", "-qec", `${bin}/tproxy status`, "/dev/null"]);
    assert.match(stdout, /^one_tproxy: \d+\r\none_tproxy_br0: \d+\r\n$/, "at a terminal Deno says nothing of its own");
    await unserve(scenario, bin);
  }),
);

Deno.test("check runs on a front-end, from the archive, as anybody, without nft, a bridge or users of ours", async () => {
  await using host = await Host.create("front-end");
  await host.text(["mkdir", "-p", "/run/archive", "/run/remotes"]);
  await host.text(["tar", "-xzf", ARCHIVE, "-C", "/run/archive"]);
  await host.write("/run/remotes/OpenNebulaNetwork.conf", CONFIG.replace("5030", "503O"));
  await host.write("/run/remotes/good.conf", CONFIG);
  // Where nft, ip and bridge are.
  await host.text(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/usr/sbin"]);
  const anybody = ROOTLESS ? [] : ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const check = (file: string) =>
    host.run([...anybody, "env", "-i", `/run/archive/${NAME}/bin/tproxy`, "check", "--as-driver", "--config", file]);
  const good = await check("/run/remotes/good.conf");
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /what OpenNebula's own driver makes of it.*\n.*\n5030 +10\.11\.12\.13:5030 +all +3\n/);
  const bad = await check("/run/remotes/OpenNebulaNetwork.conf");
  assert.equal(bad.code, 1, bad.stderr);
  assert.match(bad.stdout, /OpenNebula's own driver makes nothing of it/);
  await host.write("/run/remotes/broken.conf", ":tproxy: [");
  assert.match(
    (await check("/run/remotes/broken.conf")).stderr,
    /takes nothing of a file .* starts VMs with its defaults$/m,
  );
  assert.match(bad.stdout, /:3:18: :service_port: is 503O; OpenNebula's driver passes the entry over; write a port$/m);
});

Deno.test(
  "tproxy permissions tells what the distribution's launchers give, and restart finds the daemons beside it",
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const bin = `${DIST}/${NAME}/bin`;
    for (const entrypoint of COMMAND_PROGRAMS) {
      const { stdout } = await runInstalled(scenario, bin, "tproxy", "permissions", "--json", entrypoint);
      const [{ flags }] = JSON.parse(stdout);
      assert.deepEqual(flags, flagsOf(entrypoint, `${DIST}/${NAME}`, [], EXAMPLE_FILE));
    }
    await serve(scenario, bin);
    const before = await runInstalled(scenario, bin, "tproxy", "status");
    await runInstalled(scenario, bin, "tproxy", "restart");
    const after = await runInstalled(scenario, bin, "tproxy", "status");
    assert.notEqual(after.stdout, before.stdout);
    await unserve(scenario, bin);
  }),
);

Deno.test("a launcher gives the runtime exactly the table's flags, the arguments as they are, and no environment", async () => {
  const root = "/run/some where/$HOME";
  await using host = await withEcho(root);
  const word = fc.constantFrom(
    ...["--config", "--config=", "--config=/a b.conf", "--config=$HOME", "/etc/x.conf", "a\nb", ""],
    ...["`id`", "$(id)", "*", "--", "-e", "x:--config=y", "\\", '"', "'", "é", "--allow-all", "up"],
    ...["metrics", "--textfile", "--textfile=", "--textfile=/a b", "--textfile=$HOME"],
    ...["start", "watch", "sysdump", "status", "--help", "-h", "--help=x", " start"],
  );
  const programs = fc.constantFrom(["setup", "tproxy-setup"] as const, ["tproxy", "tproxy"] as const);
  await fc.assert(
    fc.asyncProperty(programs, fc.array(word, { maxLength: 5 }), async ([command, launcher], args) => {
      const stdout = await host.text([`${root}/bin/${launcher}`, ...args]);
      const program = programOf(command, args);
      const flags = flagsOf(program, root, args);
      const options = ["--quiet", "--no-config", "--no-lock", "--no-npm"];
      const expected = ["run", ...options, ...flags, `${root}/lib/${program}.js`, ...args, ...ENVIRONMENT, ""];
      assert.deepEqual(stdout.split("\0"), expected);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a launcher finds its distribution through a link, and through a line that calls it", async () => {
  await using host = await withEcho("/run/dist");
  await host.text(["ln", "-s", "dist", "/run/current"]);
  await host.text(["ln", "-s", "current/bin/tproxy", "/run/link"]);
  await host.write("/run/line", '#!/bin/sh\nexec /run/link "$@"\n');
  await host.text(["chmod", "755", "/run/line"]);
  for (const argv of [["/run/link", "start"], ["/run/line", "start"], ["sh", "-c", "cd /run && ./link start"]]) {
    const stdout = await host.text(argv);
    assert.deepEqual(stdout.split("\0").slice(-6), ["/run/dist/lib/tproxy.js", "start", ...ENVIRONMENT, ""]);
  }
});

Deno.test("a launcher refuses a path with a comma, which would allow two", async () => {
  await using host = await withEcho("/run/dist");
  for (const args of [["--config", "/a,/etc/shadow"], ["--config=/a,b"]]) {
    const { code, stdout, stderr } = await host.run(["/run/dist/bin/tproxy-setup", "up", ...args]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tproxy-setup: error: .* holds a comma; use a path without one\n$/);
  }
});

Deno.test("two builds of the distribution give the same bytes, wherever, whenever and with whatever umask", async () => {
  await using host = await Host.create("builder");
  const other = "/run/another place";
  await copySources(host, other);
  await host.text(taskIn(other, "dist"));
  const sums = await host.text(["sha256sum", ARCHIVE, `${other}/.build/dist/${NAME}.tar.gz`]);
  const [one, two] = sums.split("\n").map((line) => line.slice(0, 64));
  assert.equal(one, two);
});

Deno.test("every file of the distribution is root's, for all to read, and in the checksums", async () => {
  await using host = await Host.create("reader");
  const entries = (await host.text(["tar", "-tvzf", ARCHIVE, "--numeric-owner"])).trim().split("\n");
  for (const entry of entries) assert.match(entry, /^(?:drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) 0\/0 +\d+ 1970-01-01 00:00 /);
  const executable = entries.filter((entry) => entry.startsWith("-rwx")).map((entry) => entry.split(`${NAME}/`)[1]);
  for (const program of ["bin/tproxy", "bin/tproxy-setup", "lib/deno"]) {
    assert.ok(executable.includes(program), program);
  }
  const files = entries.filter((entry) => entry.startsWith("-")).map((entry) => entry.split(`${NAME}/`)[1] ?? "");
  const sums = await host.text(["cat", `${DIST}/${NAME}/SHA256SUMS`]);
  assert.deepEqual(
    sums.trim().split("\n").map((line) => line.slice(66)),
    files.filter((file) => file !== "SHA256SUMS"),
  );
  await host.text(["sh", "-c", 'cd "$0" && sha256sum --check --strict --quiet SHA256SUMS', `${DIST}/${NAME}`]);
});

Deno.test("the bill of materials has every package that a bundle is made of, with the lock file's checksum", async () => {
  const sbom = JSON.parse(await Deno.readTextFile(`${DIST}/${NAME}/sbom.json`));
  const packages: { name: string; version: string; licenses: unknown[]; hashes: { alg: string; content: string }[] }[] =
    sbom.components.filter(({ type }: { type: string }) => type === "library");
  const listed = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const bundled = new Set<string>();
  for (const entrypoint of [...COMMAND_PROGRAMS, "inner", "outer"]) {
    const code = await Deno.readTextFile(`${DIST}/${NAME}/lib/${entrypoint}.js`);
    // The bundler writes in front of each module where it is from.
    for (const [, key = ""] of code.matchAll(/^ *\/\/ npm:((?:@[\w-]+\/)?[\w-]+@[\d.]+)\//gm)) bundled.add(key);
    assert.doesNotMatch(code, /^ *\/\/ \.\.\//m);
  }
  assert.ok(bundled.size >= 4, `${[...bundled]}`);
  assert.deepEqual(bundled.difference(listed), new Set());
  assert.ok(!packages.some(({ name }) => name === "fast-check"));
  for (const { name, version, licenses, hashes } of packages) {
    assert.equal(licenses.length, 1, name);
    const sha512 = Uint8Array.fromHex(hashes[0]?.content ?? "").toBase64();
    assert.equal(`sha512-${sha512}`, JSON.parse(lock).npm[`${name}@${version}`].integrity);
  }
  const licenses = await Array.fromAsync(Deno.readDir(`${DIST}/${NAME}/licenses`), ({ name }) => name);
  assert.ok(licenses.some((name) => name.startsWith("yaml-")) && licenses.length <= packages.length, licenses.join());
  const refs = new Set(sbom.dependencies.map(({ ref }: { ref: string }) => ref));
  for (const component of sbom.components) assert.ok(refs.has(component["bom-ref"]));
});

Deno.test("CycloneDX's validator accepts the bill of materials, and not one with a type that there is not", async () => {
  await using host = await Host.create("reader");
  const sbom = await Deno.readTextFile(`${DIST}/${NAME}/sbom.json`);
  const flags = ["--cached-only", "--frozen", "--allow-read"];
  const validator = [Deno.execPath(), "run", ...flags, `${ROOT}tests/lab/validate_sbom.ts`];
  const validate = async (text: string): Promise<Problems> => JSON.parse(await host.text(validator, text));
  assert.equal(await validate(sbom), null);
  assert.match(JSON.stringify(await validate(sbom.replace('"platform"', '"plate"'))), /\/components\/0\/type/);
});

Deno.test("a launcher takes a relative --config for one of the folder in which it is called", async () => {
  await using host = await Host.create("caller");
  await host.write("/run/here/a.conf", ":tproxy: []\n");
  for (const option of [["--config", "a.conf"], ["--config=../here/a.conf"]]) {
    const check = ["env", "--chdir=/run/here", `${DIST}/${NAME}/bin/tproxy`, "check", ...option];
    const { code, stdout, stderr } = await host.run(check);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^file +\S*a\.conf\n[^]*no problems\n$/);
  }
});
