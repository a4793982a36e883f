/**
 * A user for each proxy: what a proxy that has broken out of its sandbox can't do to the others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandPermissions } from "../../lib/permissions/command_permissions.ts";
import { toFlags } from "../../lib/permissions/permissions.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { DEFAULT_CONFIG_PATH, STRINGS_DIR } from "../../lib/paths.ts";
import { NEW_SOCKET_DIR } from "../../lib/outer_sockets.ts";
import { PROGRAMS } from "../../lib/programs.ts";
import { asInner, asOuter } from "../lab/broken_out.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, makeScenario, served } from "../lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const RUN = "/run/one_tproxy";
const WRITTEN = `${RUN}/written-by-proxies`;
const OWN = `${STRINGS_DIR}/br0`;

/** Runs programs; the kernel has to refuse each one's action. */
async function assertRefused(hv: Hypervisor, argvs: readonly string[][]): Promise<void> {
  for (const argv of argvs) {
    const { code, stderr } = await hv.host.run(argv);
    assert.notEqual(code, 0, `${argv} succeeded`);
    assert.match(stderr, /Permission denied|Operation not permitted/, `${argv}`);
  }
}

Deno.test(
  "an inner without any sandbox ends, traces and writes to nobody else, and changes nothing about its own socket",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    const pids = await hv.status();
    const [outer, own, other] = ["one_tproxy", "one_tproxy_br0", "one_tproxy_br1"].map((title) => `${pids.get(title)}`);
    const inner = (...argv: string[]) => asInner(BR0, ...argv);
    const open = (how: string, path: string) => inner("socat", "-u", "OPEN:/dev/null", `${how}:${path}`);
    const refused = [
      ...[outer, other].flatMap((pid = "") => [
        inner("kill", "-s", "KILL", pid),
        inner("kill", "-s", "STOP", pid),
        inner("cat", `/proc/${pid}/environ`),
        inner("ls", `/proc/${pid}/fd`),
      ]),
      inner("rm", "-f", `${OWN}/outer.socket`),
      inner("mv", `${OWN}/outer.socket`, `${OWN}/x`),
      inner("mkdir", `${OWN}/x`),
      inner("ls", OWN),
      inner("ls", STRINGS_DIR),
      inner("ls", NEW_SOCKET_DIR),
      inner("chmod", "777", OWN),
      inner("mkdir", `${WRITTEN}/x`),
      inner("mv", `${WRITTEN}/inner-stats.br0.json`, `${WRITTEN}/x`),
      inner("ln", `${WRITTEN}/inner-stats.br0.json`, `${WRITTEN}/x`),
      inner("ls", `${STRINGS_DIR}/br1`),
      open("OPEN", `${RUN}/inner-ports.br0.json`),
      open("OPEN", `${WRITTEN}/inner-stats.br1.json`),
      open("OPEN", `${WRITTEN}/outer-stats.json`),
      open("OPEN", "/var/log/one_tproxy_br1.log"),
      open("OPEN", "/var/log/one_tproxy.log"),
      open("UNIX-CONNECT", `${STRINGS_DIR}/br1/outer.socket`),
    ];
    await assertRefused(hv, refused);
    // The same actions on its own files succeed, so the user is the reason for the refusals.
    for (const argv of [open("UNIX-CONNECT", `${OWN}/outer.socket`), inner("kill", "-s", "CONT", `${own}`)]) {
      assert.equal((await hv.host.run(argv)).code, 0, `${argv}`);
    }
    assert.deepEqual(await hv.status(), pids);
    await assertServed(guest);
  }),
);

Deno.test(
  "an outer without any sandbox ends, traces and writes to nobody else",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab, CONFIG, ["br0", "br1"]);
    const pids = await hv.status();
    const inner = `${pids.get("one_tproxy_br0")}`;
    const outer = (...argv: string[]) => asOuter(...argv);
    const open = (path: string) => outer("socat", "-u", "OPEN:/dev/null", `OPEN:${path}`);
    await assertRefused(hv, [
      outer("kill", "-s", "KILL", inner),
      outer("cat", `/proc/${inner}/environ`),
      outer("mkdir", `${WRITTEN}/x`),
      outer("mv", OWN, `${STRINGS_DIR}/x`),
      outer("mkdir", `${STRINGS_DIR}/x`),
      outer("rm", "-f", `${RUN}/inner-ports.br0.json`),
      ...["inner-ports.br0.json", "outer-routes.json", "setup-record.json", "daemon-state.lock"]
        .map((file) => open(`${RUN}/${file}`)),
    ]);
    // Its sockets are its own.
    await hv.host.text(outer("mkdir", `${OWN}/x`));
    assert.deepEqual(await hv.status(), pids);
  }),
);

Deno.test(
  "where all proxies are one user, their groups keep an inner from other bridges, and from what root has written",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, `:tproxy_process_owner: daemon\n${CONFIG}`);
    await hv.bridge("br1");
    await hv.serve("br0", "br1");
    const uid = Number(await hv.host.text(["id", "-u", "daemon"]));
    const inner = (...argv: string[]) =>
      asInner(BR0, ...argv).map((word) => word.replace(/^--reuid=.*/, `--reuid=${uid}`));
    const open = (how: string, path: string) => inner("socat", "-u", "OPEN:/dev/null", `${how}:${path}`);
    await assertRefused(hv, [
      inner("ls", `${STRINGS_DIR}/br1`),
      inner("rm", "-f", `${RUN}/inner-ports.br0.json`),
      open("OPEN", `${RUN}/inner-ports.br0.json`),
      open("OPEN", `${WRITTEN}/inner-stats.br1.json`),
      open("OPEN", "/var/log/one_tproxy_br1.log"),
      open("UNIX-CONNECT", `${STRINGS_DIR}/br1/outer.socket`),
    ]);
    // This is the weakness of one user for all.
    assert.equal((await hv.host.run(inner("mkdir", `${OWN}/x`))).code, 0);
    await assertServed(guest);
  }),
);

/** A command line for the shell. */
function quoted(argv: readonly string[]): string {
  return argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

Deno.test(
  "in a container that lacks the proxies' users start says so in one line, and root works",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    // The container has a /run of its own, without what the audit needs.
    await hv.host.text(["umount", PROGRAMS.setpriv.path]);
    const flags = toFlags(commandPermissions("setup", DEFAULT_CONFIG_PATH));
    const program = new URL("../../cmd/setup.ts", import.meta.url).pathname;
    const setup = [Deno.execPath(), "run", "--quiet", "--cached-only", "--frozen", ...flags, program];
    const script = `set -e; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/log; ip link set lo up
      ip link add name br0 type bridge; ip link set br0 up
      ${setup.join(" ")} up --bridge br0 --network vnet0 --network-id 7
      ${quoted(hv.tproxyArgv("start"))}; ${quoted(hv.tproxyArgv("permissions", "--running"))}`;
    const inContainer = () =>
      hv.host.run(["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", script]);
    // Not by configure(), which treats labs that are such containers themselves in another way.
    await hv.host.write(DEFAULT_CONFIG_PATH, CONFIG);
    const { code, stderr } = await inContainer();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^tproxy: error: The user \d+ or the group 1916777216 does not exist here, as in a container .*; set ":tproxy_process_owner: root", or map .*$/m,
    );
    await hv.host.write(DEFAULT_CONFIG_PATH, `:tproxy_process_owner: root\n${CONFIG}`);
    const served = await inContainer();
    assert.equal(served.code, 0, served.stderr);
    assert.match(served.stdout, /^one_tproxy \(\d+\): ok\none_tproxy_br0 \(\d+\): ok\n$/);
  }),
);
