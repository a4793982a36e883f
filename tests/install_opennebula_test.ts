/**
 * The three ways to have OpenNebula's network drivers call the installed programs, as oneadmin and through sudo.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import upstream from "./fixtures/upstream.rb" with { type: "text" };
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Host } from "./lab/host.ts";
import { asOneadmin, commandsOf, install, makeInstallation, shell, VNM } from "./lab/installation.ts";
import { letDriver, makeOpenNebula, nothingIsLeft, succeeded } from "./lab/opennebula.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, fetchFrom, inLab } from "./lab/scenario.ts";
import { BASE, listingOf, MACHINE } from "./lab/system_root.ts";

/** A driver's own proxies, which log their arguments. */
const THEIRS = '#!/bin/sh\necho "$1" >>/var/tmp/one/calls\n';

/** Puts a file of oneadmin's into the drivers' folder. */
async function putTheirs(host: Host, name: string, content: string, mode: string): Promise<void> {
  await host.write(`${VNM}/${name}`, content);
  await shell(host, `chown oneadmin: ${VNM}/${name}; chmod ${mode} ${VNM}/${name}`);
}

Deno.test(
  "drop-in: what the unmodified driver sets up is served, and gone with the last guest",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    succeeded(await install(host, "--drop-in"));
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    await assertServed(guest);
    assert.match(await host.text([`${VNM}/tproxy`, "status"]), /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh down"));
    await nothingIsLeft(host);
  }),
);

Deno.test(
  "drop-in: remove leaves the bridges that the driver has set up, and their guests to the driver's own proxies",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    await putTheirs(host, "tproxy", THEIRS, "750");
    const theirs = await host.text(["stat", "-c", "%a %U %s", `${VNM}/tproxy`]);
    const said = succeeded(await install(host, "--drop-in"));
    assert.match(said, /^Stopping the driver's own proxies: \/var\/tmp\/one\/vnm\/tproxy stop$/m);
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    assert.equal(await host.text(["cat", "/var/tmp/one/calls"]), "stop\n");
    succeeded(await install(host, "--remove"));
    assert.equal(await host.text(["cat", `${VNM}/tproxy`]), THEIRS);
    assert.equal(await host.text(["stat", "-c", "%a %U %s", `${VNM}/tproxy`]), theirs);
    assert.equal(await host.text(["cat", "/var/tmp/one/calls"]), "stop\nstart\n");
    assert.match(await host.text(["ip", "netns", "list"]), /^one_tproxy_br0/m);
    await host.text(["nft", "list", "map", "ip", "one_tproxy", "ep_br0"]);
  }),
);

Deno.test(
  "root runs no program of oneadmin's that OpenNebula's sudoers do not name, says so, and does the rest",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE);
    await host.text(["mkdir", "-p", "/run/netns", "/etc/sudoers.d"]);
    await putTheirs(host, "tproxy", THEIRS, "755");
    const installed = await install(host, "--drop-in");
    succeeded(installed);
    const said = (verb: string) =>
      new RegExp(
        `^warning: ${VNM}/tproxy ${verb} was not run, since sudo does not let its owner run it; run it by hand`,
        "m",
      );
    assert.match(installed.stderr, said("stop"));
    assert.match(installed.stdout, /^Starting ours: tproxy start$/m);
    const removed = await install(host, "--remove");
    succeeded(removed);
    assert.match(removed.stderr, said("start"));
    assert.equal(await host.text(["cat", `${VNM}/tproxy`]), THEIRS);
    assert.notEqual((await host.run(["cat", "/var/tmp/one/calls"])).code, 0);
    // Nor does it keep what is longer than any driver's file.
    await shell(host, `truncate -s 1M ${VNM}/tproxy; chmod 644 ${VNM}/tproxy`);
    const { code, stderr } = await install(host, "--drop-in");
    assert.equal(code, 1);
    assert.match(stderr, /^tproxy: error: \/var\/tmp\/one\/vnm\/tproxy has more than 65536 bytes; move it away$/m);
  }),
);

Deno.test(
  "full: remove leaves live guests to the driver's own proxies, and the bridge to the driver",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, gate, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    await putTheirs(host, "tproxy", upstream, "755");
    await putTheirs(host, "tproxy.rb", "# theirs\n", "644");
    await host.write(DEFAULT_CONFIG_PATH, CONFIG.trimEnd() + "\n  :max_connections: 9\n");
    succeeded(await install(host, "--full"));
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    assert.match(await host.text(["nft", "list", "ruleset"]), /5030 comment "max_connections=9" : 10\.11\.12\.13/);
    const download = await startDownload(gate, guest);
    const said = succeeded(await install(host, "--remove"));
    assert.match(said, /^Leaving the bridges to the driver: tproxy-setup release$/m);
    await until(
      "theirs serve",
      async () =>
        /^one_tproxy_br0 TCP-LISTEN:5030/m.test(await host.text(["ps", "-eo", "args="])) &&
        await fetchFrom(guest, "/who").catch(() => "") === "gate 10.11.12.1\n",
    );
    const rules = await host.text(["nft", "list", "ruleset"]);
    assert.match(rules, /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    assert.match(rules, /chain ch_br0 /);
    assert.doesNotMatch(rules, /(?:guard|redirect|redirected|port|sender|senders|newcomers|record)_br0|egress/);
    assert.equal((await host.run(["ls", "/run/one_tproxy", "/opt/one-tproxy"])).stdout, "");
    assert.equal(await download.finish(), true);
    await until(
      "ours have ended",
      async () => !/^one_tproxy.*\(draining\)/m.test(await host.text(["ps", "-eo", "args="])),
    );
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh down"));
    assert.equal(await host.text(["ip", "netns", "list"]), "");
    await host.text([`${VNM}/tproxy`, "stop"]);
  }),
);

Deno.test(
  "from full to drop-in: the driver has the bridge and its live guests, and nothing comes back against its will",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, gate, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    succeeded(await install(host, "--full"));
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    const download = await startDownload(gate, guest);
    const said = succeeded(await install(host, "--drop-in"));
    assert.match(said, /^Leaving the bridges to the driver: tproxy-setup release$/m);
    await assertServed(guest);
    assert.ok(await download.finish(), "the live stream was cut");
    // What the driver does for a VM in another network.
    await shell(
      host,
      "nft 'flush map ip one_tproxy ep_br0; add element ip one_tproxy ep_br0 { 81 : 10.11.12.13 . 5030 }'",
    );
    for (const verb of ["start", "reload"]) succeeded(await asOneadmin(host, `sudo -n ${VNM}/tproxy ${verb}`));
    await assertServed(guest, 81);
    assert.equal((await guest.run(["curl", "-s", "http://169.254.16.9:5030/who"])).code, 7);
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh down"));
    await nothingIsLeft(host);
    assert.doesNotMatch(succeeded(await install(host, "--drop-in")), /Leaving/);
  }),
);

for (const way of ["--drop-in", "--hooks", "--full"]) {
  Deno.test(
    `${way}: where the driver's own proxies can't be stopped, nothing is changed but the programs`,
    { ignore: ROOTLESS },
    inLab(async (lab) => {
      const { host } = await makeInstallation(lab, BASE);
      await host.text(["mkdir", "-p", "/run/netns", "/etc/sudoers.d", "/etc/systemd/system"]);
      await letDriver(host);
      await putTheirs(host, "tproxy", '#!/bin/sh\ntest "$1" != stop\n', "755");
      const others = (line: string) => !line.includes("/opt/one-tproxy");
      const before = (await listingOf(host)).filter(others);
      const { code, stderr } = await install(host, way);
      assert.equal(code, 1);
      assert.match(stderr, /^tproxy: error: \/var\/tmp\/one\/vnm\/tproxy stop failed; end these proxies by hand, /m);
      assert.deepEqual((await listingOf(host)).filter(others), before);
      assert.notEqual((await host.run(["cat", "/opt/one-tproxy/mode"])).code, 0);
    }),
  );
}

Deno.test(
  "hooks: pre serves a VM's bridge before it starts, clean takes it away, and oneadmin may run nothing else as root",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await host.ip("link add name onebr.12 type bridge", "link set dev onebr.12 up");
    succeeded(await install(host, "--hooks"));
    await host.write("/tmp/vm", new TextEncoder().encode(sample).toBase64());
    const pre = succeeded(await asOneadmin(host, `${VNM}/bridge/pre.d/one-tproxy </tmp/vm`));
    assert.match(pre, /^info: The bridge is set up \(bridge=br0,/m);
    await assertServed(guest);
    // What the hooks of a front-end that still has those of an older version call as well.
    succeeded(await asOneadmin(host, "sudo -n /opt/one-tproxy/bin/tproxy reload"));
    for (
      const command of [
        "tproxy stop",
        "tproxy-setup down --bridge br0",
        "tproxy-setup hook pre --config /etc/shadow",
      ]
    ) {
      const { code, stderr } = await asOneadmin(host, `sudo -n /opt/one-tproxy/bin/${command}`);
      assert.notEqual(code, 0, command);
      assert.match(stderr, /password is required|not allowed/);
    }
    await host.ip("link delete dev br0", "link delete dev onebr.12");
    succeeded(await asOneadmin(host, `${VNM}/802.1Q/clean.d/one-tproxy hv1 </tmp/vm`));
    await nothingIsLeft(host);
  }),
);

Deno.test(
  "hooks: what fails at pre fails the VM with its reason; without the programs pre says so, and VMs start",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeOpenNebula(lab, MACHINE);
    succeeded(await install(host, "--hooks"));
    await host.write("/tmp/vm", new TextEncoder().encode(sample).toBase64());
    await host.ip("link delete dev br0");
    const failed = await asOneadmin(host, `${VNM}/bridge/pre.d/one-tproxy </tmp/vm`);
    assert.deepEqual([failed.code, failed.stdout], [1, ""]);
    assert.match(failed.stderr, /^error: There is no bridge br0; /m);
    await host.text(["mv", "/opt/one-tproxy", "/opt/gone"]);
    const without = succeeded(await asOneadmin(host, `${VNM}/bridge/pre.d/one-tproxy </tmp/vm`));
    assert.equal(without, "one-tproxy is not installed on this host: no bridge gets a proxy\n");
    succeeded(await asOneadmin(host, `${VNM}/bridge/clean.d/one-tproxy hv1 </tmp/vm`));
  }),
);

Deno.test(
  "full: the driver's two methods, called by Ruby, set a bridge up and take it down",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await putTheirs(host, "tproxy.rb", "raise 'the driver has its own file'\n", "644");
    await letDriver(host);
    succeeded(await install(host, "--full"));
    const up = succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    assert.match(up, /^info: The bridge is set up \(bridge=br0,/m);
    await assertServed(guest);
    const vms = await host.text(["cat", "/run/one_tproxy/addresses-of-vms.json"]);
    assert.match(
      vms,
      /^\[\{"bridge":"br0","address":"192\.168\.150\.10","vm":42,"network":"vnet0; <reboot>","since":\d+,"started":\d+\}\]$/m,
    );
    assert.match(await host.text(["nft", "list", "ruleset"]), /chain guard_br0/);
    // A bad entry never fails a VM.
    await host.text(["sed", "-i", "s/:remote_port: 5030/:remote_port: x/", DEFAULT_CONFIG_PATH]);
    const kept = succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    assert.match(kept, /^warning: A service stays as it was, since its entry can't be used \(bridge=br0, port=5030,/m);
    await assertServed(guest);
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb down"));
    await nothingIsLeft(host);
    await host.ip("link add name br0 type bridge", "link set dev br0 up", "link set dev one-0-0 master br0");
    // A key without its colon is no symbol for Ruby, and the same to our programs.
    await host.text(["sed", "-i", "s/:remote_port: x/:remote_port: 5030/; s/^:tproxy:/tproxy:/", DEFAULT_CONFIG_PATH]);
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    await assertServed(guest);
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb down"));
    await nothingIsLeft(host);
    const failed = await asOneadmin(host, "ruby -w /tmp/driver.rb up");
    assert.deepEqual([failed.code, failed.stdout], [1, ""]);
    assert.match(
      failed.stderr,
      /^tproxy-setup hook pre failed: error: There is no bridge br0; [^\n]* \(nic=0, bridge=br0\)\n$/,
    );
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb down"));
  }),
);

Deno.test(
  "full: one call sets up all NICs of a VM and starts their proxies, and one takes them down",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    await host.ip("link add name br1 type bridge", "link set dev br1 up");
    succeeded(await install(host, "--full"));
    const bin = "/opt/one-tproxy/bin/tproxy-setup";
    await host.text(["mv", bin, `${bin}.real`]);
    await host.write(bin, `#!/bin/sh\necho "$*" >>/run/calls\nexec ${bin}.real "$@"\n`);
    await host.text(["chmod", "755", bin]);
    const calls = async () => (await host.text(["sh", "-c", "cat /run/calls; rm /run/calls"])).trim().split("\n");

    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up br0 br1 br0"));
    assert.deepEqual(await calls(), ["hook pre"]);
    await assertServed(guest);
    const running = await host.text(["/opt/one-tproxy/bin/tproxy", "status"]);
    assert.match(running, /^one_tproxy: \d+\none_tproxy_br0: \d+\none_tproxy_br1: \d+\n$/);
    const failed = await asOneadmin(host, "ruby -w /tmp/driver.rb up br0 br7");
    assert.deepEqual([failed.code, failed.stdout], [1, ""]);
    assert.match(
      failed.stderr,
      /^tproxy-setup hook pre failed: error: There is no bridge br7; .+ \(nic=1, bridge=br7\)\n$/,
    );
    await calls();
    const down = succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb down br0 br1"));
    assert.deepEqual(await calls(), ["hook clean"]);
    // The driver has deleted the bridges.
    assert.doesNotMatch(down, /in a moment/);
    await nothingIsLeft(host);
  }),
);

Deno.test(
  "full: a NIC that has no network, but only a bridge, gets the entries that are for all networks",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    const one = "- {':service_port': 80, ':remote_addr': 10.11.12.34, ':remote_port': 80, ':networks': [7]}\n";
    await host.write("/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf", CONFIG + one);
    succeeded(await install(host, "--full"));
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up bare"));
    await assertServed(guest);
    const elements = async () => await host.text(["nft", "list", "map", "ip", "one_tproxy", "ep_br0"]);
    assert.doesNotMatch(await elements(), /80 : 10\.11\.12\.34/);
    // Beside it, a NIC of the network that the other entry is for; and each goes without the other.
    succeeded(await asOneadmin(host, "ruby -w /tmp/driver.rb up"));
    assert.match(await elements(), /80 : 10\.11\.12\.34 \. 80,\s+5030 : 10\.11\.12\.13 \. 5030/);
    const setup = "/opt/one-tproxy/bin/tproxy-setup";
    await host.text([setup, "down", "--bridge", "br0", "--network-id", "7"]);
    assert.match(await elements(), /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    await host.text([setup, "down", "--bridge", "br0", "--unnamed-network"]);
    assert.equal(await host.text(["ip", "netns", "list"]), "");
  }),
);

Deno.test(
  "another way puts back what the one before had replaced, and remove what was there at first",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE);
    await host.text(["mkdir", "-p", "/run/netns", "/etc/sudoers.d"]);
    await letDriver(host);
    await putTheirs(host, "tproxy", THEIRS, "755");
    await putTheirs(host, "tproxy.rb", "# theirs\n", "644");
    // OpenNebula ships some of these folders, and nothing in them.
    await shell(host, `mkdir ${VNM}/bridge/pre.d ${VNM}/bridge/clean.d; chown oneadmin: ${VNM}/bridge/*.d`);
    const before = await listingOf(host);
    const ours = async () => {
      const { stdout } = await host.run(["grep", "-rl", "Installed by one-tproxy", VNM, "/etc/sudoers.d"]);
      return stdout.trim().split("\n").map((path) => path.replace(`${VNM}/`, "")).toSorted();
    };
    const sudoers = "/etc/sudoers.d/one-tproxy";
    succeeded(await install(host, "--full"));
    assert.deepEqual(await ours(), [sudoers, "tproxy", "tproxy.rb"]);
    succeeded(await install(host, "--hooks"));
    const hooks = ["802.1Q", "bridge"].flatMap((name) => [`${name}/clean.d/one-tproxy`, `${name}/pre.d/one-tproxy`]);
    assert.deepEqual(await ours(), [sudoers, ...hooks, "tproxy"]);
    assert.equal(await host.text(["cat", `${VNM}/tproxy.rb`]), "# theirs\n");
    succeeded(await install(host, "--drop-in"));
    assert.deepEqual(await ours(), ["tproxy"]);
    // "onehost sync" has brought the driver's own back: an upgrade keeps the way, and the newer of theirs.
    await putTheirs(host, "tproxy", `${THEIRS}# newer\n`, "755");
    succeeded(await install(host));
    assert.deepEqual(await ours(), ["tproxy"]);
    succeeded(await install(host, "--remove"));
    assert.equal(await host.text(["cat", `${VNM}/tproxy`]), `${THEIRS}# newer\n`);
    await putTheirs(host, "tproxy", THEIRS, "755");
    await host.text(["rm", "/var/tmp/one/calls"]);
    assert.deepEqual(await listingOf(host), before);
  }),
);

Deno.test(
  "links that oneadmin has put into its folder lead the installer nowhere",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeOpenNebula(lab, MACHINE);
    await host.write("/etc/precious", "precious\n");
    await host.text(["chmod", "600", "/etc/precious"]);
    await asOneadmin(host, `ln -s /etc/precious ${VNM}/.tproxy.dpkg-new; ln -s /etc/precious ${VNM}/tproxy.rb`);
    const { code, stderr } = await install(host, "--full");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the owner of \/var\/tmp\/one\/vnm may not read \/var\/tmp\/one\/vnm\/tproxy\.rb; move it away/,
    );
    await host.text(["rm", `${VNM}/tproxy.rb`]);
    succeeded(await install(host, "--full"));
    assert.equal(await host.text(["stat", "-c", "%a %U", "/etc/precious"]), "600 root\n");
    assert.equal(await host.text(["cat", "/etc/precious"]), "precious\n");
    assert.equal(await host.text(["stat", "-c", "%F %U", `${VNM}/tproxy`]), "regular file oneadmin\n");
  }),
);

for (
  const [way, lost] of [
    ["--drop-in", ["tproxy"]],
    ["--full", ["tproxy", "tproxy.rb"]],
    ["--hooks", ["tproxy", "bridge/pre.d/one-tproxy", "bridge/clean.d/one-tproxy"]],
  ] as const
) {
  Deno.test(
    `${
      way.slice(2)
    }: status, check and doctor say that onehost sync has brought back the drivers' own files, until they are replaced`,
    { ignore: ROOTLESS },
    inLab(async (lab) => {
      const { host } = await makeOpenNebula(lab, MACHINE);
      succeeded(await install(host, way));
      await shell(host, commandsOf("Without OpenNebula"));
      const tproxy = (...args: string[]) => host.run(["/opt/one-tproxy/bin/tproxy", ...args]);
      const before = await tproxy("status");
      assert.deepEqual([before.code, before.stderr], [0, ""]);
      assert.equal((await tproxy("check")).code, 0);
      assert.match((await tproxy("doctor")).stdout, /^ok +driver files .*\n(?:.*\n)*ok +probe +br0 5030: /m);

      // What `onehost sync -f` does: the whole folder, from a front-end that has none of our files.
      await shell(host, `rm -r ${VNM}; mkdir -p ${VNM}/bridge; chown -R oneadmin: ${VNM}`);
      await putTheirs(host, "tproxy", THEIRS, "750");
      await putTheirs(host, "tproxy.rb", "module VNMMAD\nend\n", "644");
      const { code, stdout, stderr } = await tproxy("status");
      assert.equal(code, 4);
      assert.equal(stdout, before.stdout);
      const named = [
        ...stderr.matchAll(/^(\S+): it is not the file that tproxy integrate \S+ has put there: .*; run "tproxy/gm),
      ];
      assert.deepEqual(named.map(([, path]) => path), lost.map((name) => `${VNM}/${name}`), stderr);
      const checked = await tproxy("check");
      assert.equal(checked.code, 1);
      for (const name of lost) assert.ok(checked.stdout.includes(`${VNM}/${name}: it is not the file`), checked.stdout);
      assert.equal(JSON.parse((await tproxy("check", "--json")).stdout).faults.length, lost.length);
      const [last = ""] = (await tproxy("doctor")).stdout.trim().split("\n").slice(-1);
      assert.ok(last.startsWith(`broken: driver files: ${VNM}/${lost[0]}: it is not the file`), last);

      const [, remedy = ""] = /then run "(.*)"$/m.exec(stderr) ?? [];
      await shell(host, remedy);
      const after = await tproxy("status");
      assert.deepEqual([after.code, after.stderr], [0, ""]);
      assert.equal((await tproxy("check")).code, 0);
    }),
  );
}
