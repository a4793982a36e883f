import assert from "node:assert/strict";
import { commandPermissions } from "./command_permissions.ts";
import { toFlags } from "./permissions.ts";
import type { CommandProgram } from "./verbs.ts";

const CONFIG = "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf";
const FORM = {
  reads: ["/usr/lib/one-tproxy/deno", "/x/inner.js", "/x/outer.js"],
  installed: ["/x/mode", "/var/tmp/one/vnm"],
  drivers: "/var/tmp/one/vnm",
  probed: ["/usr/lib/one-tproxy/deno", "/x/probe.js"],
  share: ["/x/share"],
  kept: ["/x/mode", "/x/kept"],
};

function flagsOf(program: CommandProgram): string[] {
  return toFlags(commandPermissions(program, CONFIG, FORM));
}

/** The file that says which VM had which address. */
const OF_VMS = "/run/one_tproxy/addresses-of-vms.json";

Deno.test("updown and setup may read the configuration, keep their files and run four programs", () => {
  for (const program of ["updown", "setup"] as const) {
    assert.deepEqual(flagsOf(program), [
      "--no-prompt",
      "--no-remote",
      `--allow-read=${CONFIG},/run/one_tproxy,/run/netns`,
      "--allow-write=/run/one_tproxy",
      "--allow-run=/usr/sbin/ip,/usr/sbin/bridge,/usr/sbin/nft,/usr/bin/getent",
      ...(program === "setup" ? ["--allow-env=LOG_STREAM,LOG_TOKENS"] : []),
      "--allow-sys=uid",
    ]);
  }
});

Deno.test("tproxy, deploy, watch and reread may keep files and logs and run nine programs", () => {
  for (const program of ["tproxy", "watch", "deploy", "reread"] as const) {
    const runsHook = program === "deploy" || program === "reread";
    assert.deepEqual(flagsOf(program), [
      "--no-prompt",
      "--no-remote",
      `--allow-read=${CONFIG},/run/one_tproxy,/run/netns,/var/log,/usr/lib/one-tproxy/deno,/x/inner.js,/x/outer.js`,
      "--allow-write=/run/one_tproxy,/var/log",
      "--allow-run=/usr/sbin/bridge,/usr/bin/getent,/usr/sbin/ip,/usr/bin/kill,/usr/bin/mount,/usr/sbin/nft,/usr/bin/prlimit,/usr/bin/ps,/usr/bin/setpriv",
      `--allow-env=${program === "tproxy" || program === "deploy" ? "" : "LOG_STREAM,LOG_TOKENS,"}NODE_V8_COVERAGE`,
      `--allow-sys=uid${runsHook ? ",osUptime" : ""}`,
    ]);
  }
});

Deno.test("look may write nothing, start no daemon and end none", () => {
  assert.deepEqual(flagsOf("look"), [
    "--no-prompt",
    "--no-remote",
    `--allow-read=${CONFIG},/run/one_tproxy,/run/netns,/x/mode,/var/tmp/one/vnm`,
    "--allow-run=/usr/bin/getent,/usr/sbin/ip,/usr/sbin/nft,/usr/bin/ps",
    "--allow-env=LOG_STREAM,LOG_TOKENS",
    "--allow-sys=uid",
  ]);
});

Deno.test("doctor may write no file and end nothing, and starts the probe", () => {
  assert.deepEqual(flagsOf("doctor"), [
    "--no-prompt",
    "--no-remote",
    `--allow-read=${CONFIG},/run/one_tproxy,/run/netns,/var/log,/usr/lib/one-tproxy/deno,/x/probe.js,/x/mode,/var/tmp/one/vnm`,
    "--allow-run=/usr/sbin/bridge,/usr/bin/getent,/usr/sbin/ip,/usr/sbin/nft,/usr/bin/ps,/usr/bin/setpriv,/usr/sbin/sysctl,/usr/bin/unshare,/usr/bin/nsenter",
    "--allow-env=LOG_STREAM,LOG_TOKENS,NODE_V8_COVERAGE",
    "--allow-sys=uid,statfs",
  ]);
});

Deno.test("streams and kill may connect to the sockets at which their question is answered, and do nothing else", () => {
  for (const [program, kind] of [["streams", "look"], ["kill", "act"]] as const) {
    const { net, read, write, ...rest } = commandPermissions(program, CONFIG, FORM);
    const folder = "/run/one_tproxy/written-by-proxies/control-sockets-for-root";
    const sockets = Array.from({ length: 8 }, (_, slot) => `${folder}/${kind}.${slot}.socket`);
    const ofVms = program === "streams" ? [OF_VMS] : [];
    assert.deepEqual([net, read, write], [sockets.map((path) => `unix:${path}`), [...sockets, ...ofVms], sockets]);
    assert.deepEqual(rest, { run: [], env: [], sys: ["uid"] });
  }
});

Deno.test("top may do what streams may, and read what proxies write", () => {
  const [top, streams] = (["top", "streams"] as const).map((program) => commandPermissions(program, CONFIG, FORM));
  const sockets = streams?.read.filter((path) => path !== OF_VMS) ?? [];
  assert.deepEqual(top, { ...streams, read: [...sockets, "/run/one_tproxy/written-by-proxies", OF_VMS] });
});

Deno.test("sysdump may do what doctor may, but for the port of the probe, and write the one file that it is told", () => {
  const [doctor, sysdump] = (["doctor", "sysdump"] as const).map((program) => {
    return commandPermissions(program, CONFIG, FORM, "/root/a.tar.gz");
  });
  const run = doctor?.run.filter((path) => !/unshare|nsenter/.test(path));
  assert.deepEqual(sysdump, { ...doctor, run, write: ["/root/a.tar.gz"] });
});

Deno.test("logs may read the logs and the addresses of VMs, and do nothing else", () => {
  const flags = ["--no-prompt", "--no-remote", `--allow-read=/var/log,${OF_VMS}`, "--allow-sys=uid"];
  assert.deepEqual(flagsOf("logs"), flags);
});

Deno.test("trace may do what kill and logs may", () => {
  const [trace, kill] = (["trace", "kill"] as const).map((program) => commandPermissions(program, CONFIG, FORM));
  assert.deepEqual(trace, { ...kill, read: [...kill?.read ?? [], "/var/log", OF_VMS] });
});

Deno.test("textfile may look without the configuration, and write one file", () => {
  assert.deepEqual(toFlags(commandPermissions("textfile", CONFIG, FORM, "/srv/metrics")), [
    "--no-prompt",
    "--no-remote",
    "--allow-read=/run/one_tproxy,/run/netns,/srv/metrics/one_tproxy.prom.new",
    "--allow-write=/srv/metrics/one_tproxy.prom,/srv/metrics/one_tproxy.prom.new",
    "--allow-run=/usr/sbin/ip,/usr/sbin/nft,/usr/bin/ps",
    "--allow-sys=uid",
  ]);
});
