/**
 * Permissions proven both ways: the distribution runs with every verb, and what its programs and proxies ask for is what
 * they are granted. That they are granted what the table says is shown by other tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { DEFAULT_CONFIG_PATH, DRIVERS_DIR, PROXY_DIR, REMOTES_DIR } from "../lib/paths.ts";
import { COMMAND_PROGRAMS } from "../lib/permissions/verbs.ts";
import { until } from "../packaging/command.ts";
import { OUTER } from "../lib/role.ts";
import { auditLaunchers, auditOf, differencesOf } from "./lab/audit.ts";
import { argvOf, startOf } from "./lab/daemon_start.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, GATE, inLab, isServed, makeScenario, type Scenario } from "./lab/scenario.ts";
import { vm } from "./lab/vm.ts";

const DIST = new URL(`../.build/dist/one-tproxy-${settings.version}-linux-x86_64`, import.meta.url).pathname;

/** Where it is installed; the installer writes down the mode beside the versions. */
const ROOT = "/run/installed";
const BIN = `${ROOT}/versions/${settings.version}/bin`;

const GUEST = "192.168.150.10";
const NETWORK = ["--network", "vnet0", "--network-id", "7"];

/** A second service, which is listed by a name. */
const NAMED = `${CONFIG}- {':service_port': 80, ':remote_addr': gate, ':remote_port': 5030}\n`;

/** Programs that run `bridge` only for a bridge with VLAN filters, which not every kernel has (`tests/vm/qinq_test.ts`). */
const SET_VLANS = ["deploy", "reread", "setup", "tproxy", "updown", "watch"].map((program) =>
  `${program} run /usr/sbin/bridge`
);

/** Makes a hypervisor on which this distribution is installed, and tells whether its bridge has VLAN filters. */
async function prepare({ hv }: Scenario): Promise<boolean> {
  const { host } = hv;
  await host.text(["mkdir", "-p", BIN, "/run/metrics"]);
  await host.text(["mount", "--bind", DIST, `${BIN}/..`]);
  await host.text(["ln", "-s", BIN, `${ROOT}/bin`]);
  await host.write(`${ROOT}/mode`, "drop-in\n");
  await host.write(`${DRIVERS_DIR}/tproxy`, `# Installed by one-tproxy\nexec ${ROOT}/bin/tproxy\n`);
  await host.write("/run/hosts", `${GATE} gate\n`);
  await host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
  await hv.bridge("br1");
  await hv.configure(NAMED);
  const filters = await host.run(["ip", "link", "set", "dev", "br0", "type", "bridge", "vlan_filtering", "1"]);
  return filters.code === 0;
}

/** Uses every program, and every permission of each. */
async function useAll({ hv: { host }, hv, guest }: Scenario): Promise<void> {
  const run = async (argv: readonly string[], { code = 0, input = "" } = {}) => {
    const result = await host.run(argv, input);
    assert.equal(result.code, code, `${argv.join(" ")}: ${result.stderr}`);
  };
  const tproxy = (...args: string[]) => run([`${BIN}/tproxy`, ...args]);
  const setup = (...args: string[]) => run([`${BIN}/tproxy-setup`, ...args]);
  const start = (...args: string[]) => host.start([`${BIN}/tproxy`, ...args], { inside: true });

  await setup("up", "--bridge", "br0", ...NETWORK);
  await tproxy("start");
  await assertServed(guest, 80);
  // It has changed since it was noted, so the program that reads it carries this out.
  await hv.configure(NAMED);
  await run([`${BIN}/tproxy-setup`, "hook", "pre"], { input: vm(["br1", "7"]) });
  // An outer that serves a further bridge takes over from the one that serves br0.
  await tproxy("reload");
  await assertServed(guest);

  for (const verb of ["status", "check", "metrics", "streams", "top", "logs"]) await tproxy(verb);
  await tproxy("permissions", "--running");
  await tproxy("metrics", "--textfile", "/run/metrics");
  await tproxy("sysdump", "/run/dump.tar.gz");
  // It misses the watch, and there is no stream to end.
  await run([`${BIN}/tproxy`, "doctor", "--guest", GUEST], { code: 1 });
  await run([`${BIN}/tproxy`, "kill", "--guest", GUEST], { code: 1 });
  const trace = start("trace", "--guest", GUEST, "--seconds", "1");
  await until("a stream is traced", async () => await isServed(guest) && trace.output !== "");
  assert.equal(await trace.ended(), 0);

  await hv.configure(CONFIG);
  await tproxy("reload");
  await tproxy("apply");
  const watch = start("watch");
  await hv.configure(NAMED);
  await until("the watch has seen the new service", () => isServed(guest, 80), 120);
  await host.ip("link delete dev br0b");
  await until("the watch has repaired the bridge", () => isServed(guest), 120);
  await host.text(["pkill", "-KILL", "-f", "^one_tproxy"]);
  await host.text(["umount", "--lazy", PROXY_DIR]);
  await until("the watch has started the proxies", () => isServed(guest), 120);
  await host.text(["pkill", "-TERM", "-f", "/watch\\.js watch$"]);
  assert.equal(await watch.ended(), 0);

  await host.ip("link delete dev br0b");
  for (const verb of ["start", "restart", "stop"]) await tproxy(verb);
  // It is mounted again.
  await host.text(["umount", PROXY_DIR]);
  await tproxy("start");
  await assertServed(guest);
  await tproxy("stop");
  await host.text(["umount", PROXY_DIR]);
  await setup("up", "--bridge", "br0", ...NETWORK, "--now");
  await assertServed(guest);
  await setup("down", "--bridge", "br0", "--now");
  // The same by the program that reads a configuration which has just been written.
  await tproxy("stop");
  await host.text(["umount", PROXY_DIR]);
  await hv.configure(NAMED);
  await setup("up", "--bridge", "br0", ...NETWORK, "--now");
  await assertServed(guest);
  await hv.configure(NAMED);
  await setup("down", "--bridge", "br0", "--now");
  await hv.configure(NAMED);
  await until("the configuration is old enough to be noted", async () => {
    return await host.text(["find", DEFAULT_CONFIG_PATH, "!", "-newerct", "3 seconds ago"]) !== "";
  });
  // The first of these reads the configuration, and the others do without.
  for (let i = 0; i < 2; i++) await setup("up", "--bridge", "br0", ...NETWORK);
  await setup("up", "--bridge", "br0", ...NETWORK, "--now");
  await run([`${BIN}/tproxy-setup`, "hook", "pre"], { input: vm(["br0", "7"]) });
  await setup("down", "--bridge", "br0", ...NETWORK, "--now");
  await setup("list");
  // The driver has proxies of its own, whose place ours take and give back.
  await host.write(`${DRIVERS_DIR}/tproxy`, "#!/bin/sh\n");
  await run(["chmod", "755", `${DRIVERS_DIR}/tproxy`]);
  await run(["rm", `${ROOT}/mode`]);
  await tproxy("integrate", "--drop-in");
  await tproxy("integrate", "--off");
  // It is a front-end, too.
  await run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/var/lib"]);
  await run(["mkdir", "-p", REMOTES_DIR]);
  await tproxy("integrate", "--front-end", "--drop-in");
  await setup("down", "--bridge", "br0", ...NETWORK);
  await setup("release");
}

Deno.test(
  "no program asks for a permission that it does not have, and none has one that it never asks for",
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const { host } = scenario.hv;
    const hasFilters = await prepare(scenario);
    await auditLaunchers(host);
    await useAll(scenario);
    const audited = await auditOf(host);
    const programs = new Set(audited.map(({ program }) => program));
    assert.deepEqual(programs, new Set([...COMMAND_PROGRAMS, "inner", "outer", "probe"]));
    const { refused, unused } = differencesOf(audited);
    assert.deepEqual(refused, []);
    // A lab without other users starts proxies as root, which takes less.
    if (!ROOTLESS) assert.deepEqual(unused, hasFilters ? [] : SET_VLANS);
  }),
);

Deno.test("any test in which a program or a proxy was refused what it has asked for fails, and names that", async () => {
  const refusing = inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    const logs = hv.lineOf("logs", ["logs"]).filter((word) => word !== "--allow-sys=uid");
    assert.notEqual((await hv.host.run(logs)).code, 0);
    const start = startOf(OUTER);
    const outer = { ...start, flags: start.flags.filter((flag) => !flag.startsWith("--allow-write=")) };
    assert.notEqual((await hv.host.run(argvOf(outer))).code, 0);
  });
  const named = "logs sys uid; outer write /var/log/one_tproxy.log";
  await assert.rejects(refusing, { message: `programs have asked for what they may not do: ${named}` });
});

Deno.test("a permission that is asked for in vain is found, and one that nobody asks for", () => {
  const grants = [["read", "/run/a"], ["read", "/run/b.3.json"], ["net", "10.0.0.1:80"], [
    "net",
    "169.254.16.9",
  ]] as const;
  const asks = [["read", "/run/a/x"], ["read", "/run/ab"], ["write", "/run/a"], ["net", "169.254.16.9:5030"]] as const;
  assert.deepEqual(differencesOf([{ program: "one", grants, asks }, { program: "other", grants: [], asks: [] }]), {
    refused: ["one read /run/ab", "one write /run/a"],
    unused: ["one net 10.0.0.1:80", "one read /run/b.<n>.json"],
  });
  const elsewhere = { program: "one", grants, asks: [["read", "/run/b.3.json"], ["net", "10.0.0.1:80"]] as const };
  assert.deepEqual(differencesOf([{ program: "one", grants, asks }, elsewhere]).unused, []);
});
