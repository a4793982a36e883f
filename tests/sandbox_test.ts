/**
 * What each program may do, and that it may do nothing else: a probe runs in its place, on a hypervisor whose proxies
 * run, so that all that is tried is there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandPermissions } from "../lib/permissions/command_permissions.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import type { CommandProgram } from "../lib/permissions/verbs.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { parseBridgeName } from "../lib/names.ts";
import { DEFAULT_CONFIG_PATH, RUN_FILES, STRINGS_DIR } from "../lib/paths.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { startOf } from "./lab/daemon_start.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { assertOutcomes, inPlaceOfDaemon, inPlaceOfProgram, type Probe } from "./lab/probe.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { all, assertSandbox, NO_PACKAGES } from "./lab/sandbox.ts";
import { CONFIG, GATE, inLab, served } from "./lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const RUN = "/run/one_tproxy";
const WRITTEN = `${RUN}/written-by-proxies`;
const OF_OUTER = `${WRITTEN}/new-sockets-of-outer`;
const FOR_ROOT = `${WRITTEN}/control-sockets-for-root`;
const FORM = checkout();

/** Two bridges with everything running, and a link to a program that would be allowed. */
async function makeHypervisor(lab: Lab): Promise<Hypervisor> {
  const { hv } = await served(lab, CONFIG, ["br0", "br1"]);
  await hv.host.text(["ln", "-s", "/usr/sbin/ip", `${RUN}/ip`]);
  return hv;
}

Deno.test(
  "inner may listen at the address, call its own socket, read its ports, write its log and counts, and nothing else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    const probe = inPlaceOfDaemon(hv, startOf(innerOf(BR0)));
    await assertSandbox(probe, [
      ["listen", "169.254.16.9", 1234],
      ["dialSocket", `${STRINGS_DIR}/br0/outer.socket`],
      ["read", `${RUN}/inner-ports.br0.json`],
      ...all("write", "/var/log/one_tproxy_br0.log", `${WRITTEN}/inner-stats.br0.json`),
      ...all("write", `${WRITTEN}/inner-usage.br0.0.json`),
    ], [
      ["dial", GATE, 5030],
      ["dial", "169.254.16.10", 5030],
      ["receive", "0.0.0.0", 1234],
      ...all("dialSocket", `${OF_OUTER}/string.0.socket`, `${FOR_ROOT}/look.0.socket`, `${FOR_ROOT}/act.0.socket`),
      ...all("dialSocket", `${STRINGS_DIR}/br1/outer.socket`),
      ...all("read", `${RUN}/inner-ports.br1.json`, `${RUN}/outer-routes.json`, `${RUN}/setup-record.json`),
      ...all("read", "/var/log/one_tproxy_br0.log", "/var/log/one_tproxy_br1.log", "/var/log/one_tproxy.log"),
      ...all("write", "/var/log/one_tproxy_br1.log", "/var/log/one_tproxy.log", `${WRITTEN}/inner-stats.br1.json`),
      ...all("write", `${WRITTEN}/inner-usage.br1.0.json`, `${WRITTEN}/outer-usage.0.json`),
      ...all("write", `${RUN}/inner-ports.br0.json`, `${RUN}/inner-ports.br1.json`, `${RUN}/outer-routes.json`),
      ...all("create", `${STRINGS_DIR}/br0/probe`, `${RUN}/probe`, "/var/log/probe"),
      ...all("run", "/usr/sbin/ip", "/usr/sbin/nft"),
      ...all("env", "LOG_STREAM"),
      ...all("sys", "uid"),
    ], NO_PACKAGES);
  }),
);

Deno.test(
  "outer may dial the listed services, keep its sockets, write its log and counts, and nothing else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    const probe = inPlaceOfDaemon(hv, startOf(OUTER));
    await assertSandbox(probe, [
      ["dial", GATE, 5030],
      ...all("listenSocket", `${OF_OUTER}/string.7.socket`, `${OF_OUTER}/look.7.socket`, `${OF_OUTER}/act.7.socket`),
      ...all("read", `${RUN}/outer-routes.json`),
      ...all("write", "/var/log/one_tproxy.log", `${WRITTEN}/outer-stats.json`, `${WRITTEN}/outer-usage.0.json`),
      ...all("create", `${STRINGS_DIR}/br0/probe`, `${STRINGS_DIR}/br1/probe`),
      ...all("remove", `${STRINGS_DIR}/br0/probe`, `${STRINGS_DIR}/br1/probe`),
    ], [
      ["dial", GATE, 80],
      ["dial", "169.254.16.9", 5030],
      ["listen", "169.254.16.9", 5030],
      ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`),
      ...all("listenSocket", `${STRINGS_DIR}/br0/outer.socket`, `${OF_OUTER}/string.8.socket`),
      ...all("dialSocket", `${FOR_ROOT}/look.0.socket`, `${FOR_ROOT}/act.0.socket`),
      ...all("create", `${FOR_ROOT}/probe`),
      ...all("read", `${RUN}/inner-ports.br0.json`, `${RUN}/setup-record.json`, `${WRITTEN}/inner-stats.br0.json`),
      ...all("read", "/var/log/one_tproxy_br0.log", "/var/log/one_tproxy.log"),
      ...all("write", "/var/log/one_tproxy_br0.log", `${RUN}/outer-routes.json`, `${WRITTEN}/inner-stats.br0.json`),
      ...all("write", `${WRITTEN}/inner-usage.br0.0.json`),
      ...all("create", `${WRITTEN}/probe`, `${RUN}/probe`, "/var/log/probe"),
      ...all("run", "/usr/sbin/ip", "/usr/sbin/nft"),
      ...all("env", "LOG_STREAM"),
      ...all("sys", "uid"),
    ], NO_PACKAGES);
  }),
);

/** A probe in place of a program that runs as a command. */
function inPlaceOf(hv: Hypervisor, program: CommandProgram): Probe {
  return inPlaceOfProgram(hv, toFlags(commandPermissions(program, DEFAULT_CONFIG_PATH, FORM)));
}

const YAML_ENV = ["LOG_STREAM", "LOG_TOKENS"];

Deno.test(
  "updown and setup may read the configuration, keep their files and run four programs, and nothing else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    for (const program of ["updown", "setup"] as const) {
      await assertSandbox(inPlaceOf(hv, program), [
        ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/setup-record.json`),
        ...all("list", RUN, "/run/netns"),
        ...all("create", `${RUN}/probe`),
        ...all("remove", `${RUN}/probe`),
        ...all("run", "/usr/sbin/ip", "/usr/sbin/nft", "/usr/bin/getent"),
        ...all("env", ...(program === "setup" ? YAML_ENV : [])),
        ...all("sys", "uid"),
      ], [
        ["dial", GATE, 5030],
        ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`),
        ...all("read", "/var/log/one_tproxy.log", "/var/tmp/one/etc/vnm/other.conf"),
        ...all("write", "/var/log/one_tproxy.log"),
        ...all("remove", "/run/netns/one_tproxy_br0", DEFAULT_CONFIG_PATH),
        ...all("run", "/usr/bin/ps", "/usr/bin/kill", "/usr/bin/prlimit", "/usr/bin/setpriv", "/usr/sbin/sysctl"),
        ...all("env", "NODE_V8_COVERAGE", ...(program === "updown" ? YAML_ENV : [])),
      ]);
    }
  }),
);

for (const program of ["tproxy", "watch"] as const) {
  Deno.test(
    `${program} may read the configuration and what daemons are made of, keep files and logs, run nine programs, nothing else`,
    inLab(async (lab) => {
      await assertSandbox(inPlaceOf(await makeHypervisor(lab), program), [
        ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/inner-ports.br1.json`, FORM.inner),
        ...all("stat", FORM.runtime),
        ...all("list", RUN, "/run/netns"),
        ...all("stat", "/var/log/one_tproxy.log"),
        ...all("create", `${RUN}/probe`, "/var/log/probe"),
        ...all("remove", `${RUN}/probe`, "/var/log/probe"),
        ...all("run", "/usr/bin/getent", "/usr/sbin/ip", "/usr/bin/kill", "/usr/bin/mount", "/usr/sbin/nft"),
        ...all("run", "/usr/bin/ps", "/usr/bin/setpriv"),
        ...all("env", "NODE_V8_COVERAGE", ...(program === "watch" ? YAML_ENV : [])),
        ...all("sys", "uid"),
      ], [
        ["dial", GATE, 5030],
        ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`),
        ...all("read", "/var/tmp/one/etc/vnm/other.conf"),
        ...all("remove", "/run/netns/one_tproxy_br0", DEFAULT_CONFIG_PATH, FORM.inner),
        ...all("run", "/usr/sbin/sysctl", "/usr/bin/nsenter"),
        ...all("env", ...(program === "watch" ? [] : YAML_ENV)),
      ]);
    }),
  );
}

Deno.test(
  "look may read the configuration and our files, and run what lists; it writes nothing, and starts and ends no proxy",
  inLab(async (lab) => {
    await assertSandbox(inPlaceOf(await makeHypervisor(lab), "look"), [
      ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/inner-ports.br1.json`, `${RUN}/setup-record.json`),
      ...all("list", RUN, "/run/netns"),
      ...all("run", "/usr/bin/getent", "/usr/sbin/ip", "/usr/sbin/nft", "/usr/bin/ps"),
      ...all("env", "LOG_STREAM", "LOG_TOKENS"),
      ...all("sys", "uid"),
    ], [
      ["dial", GATE, 5030],
      ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`),
      ...all("read", "/var/tmp/one/etc/vnm/other.conf", FORM.inner, "/var/log/one_tproxy.log"),
      ...all("create", `${RUN}/probe`, "/var/log/probe", `${STRINGS_DIR}/br0/probe`),
      ...all("write", `${RUN}/setup-record.json`, "/var/log/one_tproxy.log", `${WRITTEN}/outer-stats.json`),
      ...all("remove", `${RUN}/setup-record.json`, "/run/netns/one_tproxy_br0", DEFAULT_CONFIG_PATH),
      ...all("run", "/usr/bin/kill", "/usr/bin/mount", "/usr/bin/prlimit", "/usr/bin/setpriv", "/usr/sbin/sysctl"),
      ...all("run", "/usr/sbin/bridge"),
      ...all("env", "NODE_V8_COVERAGE"),
    ]);
  }),
);

Deno.test(
  "streams may ask outer what is open, kill may have outer end streams, and neither may do anything else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.host.write(RUN_FILES.vmAddresses, "[]");
    const ofVms = all("read", RUN_FILES.vmAddresses);
    for (const [program, own, other] of [["streams", "look", "act"], ["kill", "act", "look"]] as const) {
      await assertSandbox(inPlaceOf(hv, program), [
        ...all("dialSocket", `${FOR_ROOT}/${own}.0.socket`),
        ...all("sys", "uid"),
        ...(program === "streams" ? ofVms : []),
      ], [
        ...(program === "streams" ? [] : ofVms),
        ["dial", GATE, 5030],
        ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`, `${FOR_ROOT}/${other}.0.socket`),
        ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/setup-record.json`, "/var/log/one_tproxy.log"),
        ...all("list", RUN, WRITTEN, FOR_ROOT),
        ...all("create", `${RUN}/probe`, `${FOR_ROOT}/probe`, "/var/log/probe"),
        ...all("remove", `${FOR_ROOT}/${other}.0.socket`, `${RUN}/setup-record.json`),
        ...all("run", "/usr/bin/ps", "/usr/bin/kill", "/usr/sbin/ip", "/usr/sbin/nft"),
        ...all("env", "LOG_STREAM", "NODE_V8_COVERAGE"),
      ]);
    }
  }),
);

Deno.test(
  "top may ask outer what is open and read what proxies write, and nothing else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.host.write(RUN_FILES.vmAddresses, "[]");
    await assertSandbox(inPlaceOf(hv, "top"), [
      ...all("dialSocket", `${FOR_ROOT}/look.0.socket`),
      ...all("read", RUN_FILES.vmAddresses, `${WRITTEN}/outer-stats.json`, `${WRITTEN}/inner-stats.br1.json`),
      ...all("sys", "uid"),
    ], [
      ["dial", GATE, 5030],
      ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`, `${FOR_ROOT}/act.0.socket`),
      ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/setup-record.json`, "/var/log/one_tproxy.log"),
      ...all("list", RUN, "/var/log"),
      ...all("create", `${RUN}/probe`, `${WRITTEN}/probe`, `${FOR_ROOT}/probe`, "/var/log/probe"),
      ...all("write", `${WRITTEN}/outer-stats.json`, `${RUN}/setup-record.json`),
      ...all("remove", `${FOR_ROOT}/act.0.socket`, `${WRITTEN}/outer-stats.json`, `${RUN}/setup-record.json`),
      ...all("run", "/usr/bin/ps", "/usr/bin/kill", "/usr/sbin/ip", "/usr/sbin/nft"),
      ...all("env", "LOG_STREAM", "NODE_V8_COVERAGE"),
    ]);
  }),
);

Deno.test(
  "logs may read the logs, trace may have outer log more as well, and neither may do anything else",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.host.write(RUN_FILES.vmAddresses, "[]");
    const act = all("dialSocket", `${FOR_ROOT}/act.0.socket`);
    for (const program of ["logs", "trace"] as const) {
      await assertSandbox(inPlaceOf(hv, program), [
        ...all("read", RUN_FILES.vmAddresses, "/var/log/one_tproxy.log", "/var/log/one_tproxy_br0.log"),
        ...all("list", "/var/log"),
        ...all("sys", "uid"),
        ...(program === "trace" ? act : []),
      ], [
        ["dial", GATE, 5030],
        ...(program === "trace" ? [] : act),
        ...all("dialSocket", `${STRINGS_DIR}/br0/outer.socket`, `${FOR_ROOT}/look.0.socket`),
        ...all("read", DEFAULT_CONFIG_PATH, `${RUN}/setup-record.json`),
        ...all("list", RUN),
        ...all("create", `${RUN}/probe`, "/var/log/probe"),
        ...all("write", "/var/log/one_tproxy.log"),
        ...all("remove", "/var/log/one_tproxy.log", `${RUN}/setup-record.json`),
        ...all("run", "/usr/bin/ps", "/usr/bin/kill", "/usr/sbin/ip", "/usr/sbin/nft"),
        ...all("env", "LOG_STREAM", "NODE_V8_COVERAGE"),
      ]);
    }
  }),
);

Deno.test(
  "integrate may read OpenNebula's files, keep its own, list and signal proxies, and start what setpriv starts",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.host.text(["mkdir", "-p", "/var/tmp/one/vnm"]);
    await hv.host.write("/var/tmp/one/vnm/tproxy", "theirs");
    await assertSandbox(inPlaceOf(hv, "integrate"), [
      ...all("read", "/var/tmp/one/vnm/tproxy", `${RUN}/setup-record.json`),
      ...all("create", `${RUN}/probe`),
      ...all("remove", `${RUN}/probe`),
      ...all("run", "/usr/bin/kill", "/usr/sbin/nft", "/usr/bin/ps", "/usr/bin/setpriv"),
      ...all("sys", "uid"),
    ], [
      ["dial", GATE, 5030],
      ...all("dialSocket", `${FOR_ROOT}/act.0.socket`),
      ...all("read", DEFAULT_CONFIG_PATH, "/var/log/one_tproxy.log", "/etc/shadow"),
      ...all("create", "/var/tmp/one/vnm/probe", "/etc/probe", "/var/log/probe"),
      ...all("write", "/var/tmp/one/vnm/tproxy", "/var/log/one_tproxy.log"),
      ...all("remove", "/var/tmp/one/vnm/tproxy", "/run/netns/one_tproxy_br0"),
      ...all("run", "/usr/sbin/ip", "/usr/bin/mount", "/usr/bin/prlimit", "/usr/bin/getent", "/usr/bin/tee"),
      ...all("env", "LOG_STREAM", "NODE_V8_COVERAGE"),
    ]);
  }),
);

Deno.test(
  "a link in a folder that outer may read leads it to nothing that its user may not read",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    // Deno follows a link without asking where it leads; so it is the kernel that has to say no.
    const targets = [
      "/etc/shadow",
      `${RUN}/inner-ports.br1.json`,
      `${RUN}/setup-record.json`,
      "/var/log/one_tproxy_br1.log",
    ];
    for (const [i, target] of targets.entries()) {
      await hv.host.text(["ln", "-s", target, `${STRINGS_DIR}/br0/link${i}`]);
    }
    const reads = all("read", ...targets.map((_, i) => `${STRINGS_DIR}/br0/link${i}`));
    const outer = inPlaceOfDaemon(hv, startOf(OUTER));
    await assertOutcomes(outer, reads, /^PermissionDenied: .*\(os error 13\)/);
  }),
);

Deno.test(
  "a link that somebody has put where root writes a daemon's file leads root nowhere",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    await hv.host.write("/run/victim", "untouched");
    const ports = `${RUN}/inner-ports.br0.json`;
    for (const links of [[`${ports}.new`], [ports], [ports, `${ports}.new`]]) {
      for (const link of links) await hv.host.text(["ln", "-sfn", "/run/victim", link]);
      await hv.control("reload");
      assert.equal(await hv.host.text(["cat", "/run/victim"]), "untouched");
      assert.match(await hv.host.text(["stat", "-c", "%F %u", ports]), /^regular file 0$/m);
      assert.match(await hv.host.text(["cat", ports]), /"ports":\[\{"servicePort":5030\}\]/);
    }
    assert.match(await hv.host.text(["stat", "-c", "%a %u", "/run/victim"]), /^644 0$/m);
  }),
);

Deno.test(
  "a daemon has no storage of Deno's own, which needs no permission, though its user has a home",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab);
    for (const role of [innerOf(BR0), OUTER]) {
      const probe = inPlaceOfDaemon(hv, { ...startOf(role), owner: { name: "root", uid: 0, gid: 0 } });
      await assertOutcomes(probe, [["store", "a"], ["cache", "a"]], /^NotADirectory: |^Error: Failed to create cache/);
    }
  }),
);
