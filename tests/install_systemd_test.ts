/**
 * The installed unit under a running systemd: what it starts, what outlives it, and that it works with its
 * restrictions.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { Host } from "./lab/host.ts";
import { archiveFolder, commandsOf, giveSystem, makeInstallation } from "./lab/installation.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab, isServed } from "./lab/scenario.ts";
import { MACHINE } from "./lab/system_root.ts";
import { Systemd } from "./lab/systemd.ts";

const TPROXY = "/opt/one-tproxy/bin/tproxy";

Deno.test(
  "the unit watches within its restrictions, and the proxies outlive it",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeInstallation(lab, MACHINE);
    await using systemd = await Systemd.boot(host);
    const said = await systemd.text([`${archiveFolder}/install.sh`, "--drop-in"]);
    assert.match(said, /^Starting the supervision anew: systemctl restart one-tproxy$/m);
    const property = async (name: string) =>
      (await systemd.text(["systemctl", "show", "--property", name, "--value", "one-tproxy"])).trim();
    const status = async () => (await systemd.run([TPROXY, "status"])).stdout;
    const inner = async () => /^one_tproxy_br0: (\d+)$/m.exec(await status())?.[1];
    const served = () => until("the guest is served", () => isServed(guest), 60);
    assert.equal(await property("ActiveState"), "active");
    assert.equal(await property("UnitFileState"), "enabled");
    await systemd.text(["sh", "-e", "-c", commandsOf("Without OpenNebula").split("\n")[0] ?? ""]);
    await served();

    // A monitor that may not see other namespaces would have ended at once.
    await until("the watch hears of changes inside namespaces", async () => {
      const listed = await systemd.text(["ps", "-eo", "etimes=,args="]);
      return Number(/^ *(\d+) .*ip monitor .*all-nsid$/m.exec(listed)?.[1] ?? 0) >= 3;
    });
    const first = await inner();
    await systemd.text(["kill", "-KILL", String(first)]);
    await until("the killed proxy is back", async () => (await inner()) !== first && (await inner()) !== undefined);
    // The host and the drivers have to see what the watch restores, so it may not have a mount namespace of its own.
    await systemd.text(["ip", "netns", "delete", "one_tproxy_br0"]);
    await until(
      "the namespace is back",
      async () =>
        (await systemd.run(["ip", "netns", "exec", "one_tproxy_br0", "ip", "link", "show", "dev", "br0a"])).code === 0,
    );
    await systemd.text(["nft", "flush", "ruleset"]);
    await served();

    await systemd.text(["mv", "/var/log/one_tproxy.log", "/var/log/one_tproxy.log.1"]);
    await systemd.text(["systemctl", "reload", "one-tproxy"]);
    await until(
      "the log is reopened",
      async () => (await systemd.run(["test", "-e", "/var/log/one_tproxy.log"])).code === 0,
    );
    const [before, watch] = [await status(), await property("MainPID")];
    const again = await systemd.text([`${archiveFolder}/install.sh`]);
    assert.doesNotMatch(again, /systemctl/);
    assert.equal(await property("MainPID"), watch);
    await systemd.text(["systemctl", "restart", "one-tproxy"]);
    assert.equal(await status(), before);
    await systemd.text(["systemctl", "stop", "one-tproxy"]);
    assert.equal(await status(), before);
    await assertServed(guest);
    await systemd.text(["systemctl", "start", "one-tproxy"]);
    const [, pid] = /^one_tproxy: (\d+)$/m.exec(before) ?? [];
    assert.match(await systemd.text(["cat", `/proc/${pid}/status`]), /^CapBnd:\t0{16}$/m);
    assert.match(
      await systemd.text([TPROXY, "permissions", "--running"]),
      /^one_tproxy \(\d+\): ok\none_tproxy_br0 \(\d+\): ok\n$/,
    );

    const removed = await systemd.text([`${archiveFolder}/install.sh`, "--remove"]);
    assert.match(removed, /^Ending the supervision: systemctl disable --now one-tproxy$/m);
    assert.equal(await property("LoadState"), "not-found");
    assert.equal((await systemd.text(["nft", "list", "ruleset"])).match(/ep_br0/), null);
    assert.doesNotMatch(await systemd.text(["ps", "-eo", "args="]), /^one_tproxy|one-tproxy/m);
  }),
);

Deno.test(
  "systemd counts the exposure of the unit as less than 6 of 10",
  { ignore: ROOTLESS },
  async () => {
    await using host = await Host.create("hv1");
    await giveSystem(host, MACHINE);
    const unit = `${archiveFolder}/share/one-tproxy.service`;
    const { code, stdout } = await host.run([
      ...["systemd-analyze", "security", "--offline=true", "--threshold=60", "--no-pager", unit],
    ]);
    assert.equal(code, 0, stdout);
  },
);

Deno.test(
  "with --metrics a timer has metrics written within its restrictions, an upgrade keeps that, and a removal ends it",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, MACHINE);
    await using systemd = await Systemd.boot(host);
    const [folder, file] = ["/srv/metrics", "/srv/metrics/one_tproxy.prom"];
    // As Debian's package has it, whose collector does not run as root.
    await systemd.text(["install", "-d", "-o", "daemon", "-g", "daemon", folder]);
    const wrong = await systemd.run([`${archiveFolder}/install.sh`, "--metrics", "/nowhere"]);
    assert.match(wrong.stderr, /error: \/nowhere is no folder; name with --metrics what node_exporter has/);
    const said = await systemd.text([`${archiveFolder}/install.sh`, "--drop-in", "--metrics", folder]);
    assert.match(said, /^Having metrics written to \/srv\/metrics every minute: /m);
    await systemd.text(["sh", "-e", "-c", commandsOf("Without OpenNebula").split("\n")[0] ?? ""]);
    const timer = await systemd.text(["systemctl", "is-active", "one-tproxy-metrics.timer"]);
    assert.equal(timer, "active\n");
    await until("the watch has made a pass", async () => (await systemd.run([TPROXY, "status"])).code === 0);
    await systemd.text(["systemctl", "start", "one-tproxy-metrics.service"]);
    assert.match(await systemd.text(["cat", file]), /^one_tproxy_up\{program="inner",bridge="br0"\} 1$/m);
    assert.match(await systemd.text(["cat", file]), /^one_tproxy_packets_dropped_total\{rule="inner-sends"\} \d+$/m);
    assert.equal(await systemd.text(["stat", "-c", "%a %U", file]), "644 root\n");

    const again = await systemd.text([`${archiveFolder}/install.sh`]);
    assert.doesNotMatch(again, /metrics/);
    assert.equal(await systemd.text(["systemctl", "is-active", "one-tproxy-metrics.timer"]), "active\n");
    const isActive = async () => (await systemd.run(["systemctl", "is-active", "one-tproxy-metrics.timer"])).stdout;
    await systemd.text(["systemctl", "disable", "--now", "one-tproxy-metrics.timer"]);
    const disabled = await systemd.text([`${archiveFolder}/install.sh`]);
    assert.match(disabled, /^one-tproxy-metrics\.timer stays off, as it is: /m);
    assert.equal(await isActive(), "inactive\n");
    // A first run that fails or is interrupted at the start of the timer is completed by the next one.
    const wants = "/etc/systemd/system/timers.target.wants";
    await systemd.text(["rm", "/etc/systemd/system/one-tproxy-metrics.timer"]);
    await systemd.text(["touch", wants]);
    assert.equal((await systemd.run([`${archiveFolder}/install.sh`])).code, 1);
    await systemd.text(["rm", wants]);
    await systemd.text([`${archiveFolder}/install.sh`]);
    assert.equal(await isActive(), "active\n");
    await systemd.text(["systemctl", "stop", "one-tproxy-metrics.timer"]);
    await systemd.text([`${archiveFolder}/install.sh`]);
    assert.equal(await isActive(), "active\n");

    const removed = await systemd.text([`${archiveFolder}/install.sh`, "--remove"]);
    assert.match(removed, /^Ending the metrics: systemctl disable --now one-tproxy-metrics\.timer$/m);
    assert.equal(await systemd.text(["ls", folder]), "");
    assert.equal(await systemd.text(["find", "/etc/systemd/system", "-name", "one-tproxy*"]), "");
  }),
);
