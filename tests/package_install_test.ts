/**
 * The packages on a hypervisor: from `dpkg -i` on a fresh system to a purge that leaves nothing, and likewise by rpm.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { type Background, until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Host } from "./lab/host.ts";
import { archiveFolder, makeInstallation } from "./lab/installation.ts";
import { assertGone, inRoot, makeOthers, MANAGERS, PACKAGES, systemOf } from "./lab/packages.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab } from "./lab/scenario.ts";
import { Systemd } from "./lab/systemd.ts";
import { BASE, MACHINE } from "./lab/system_root.ts";
import { assertCompleted } from "./lab/typing.ts";

const PREFIX = "/usr/lib/one-tproxy";

/** The process IDs that `tproxy status` prints. */
async function pids(host: Host): Promise<string[]> {
  return [...(await host.text(["tproxy", "status"])).matchAll(/: (\d+)$/gm)].map(([, pid = ""]) => pid);
}

/** Shows that the manual is found by its name, and that commands are completed without further ado. */
async function assertKnown(host: Host): Promise<void> {
  for (const page of ["tproxy", "tproxy-setup", "OpenNebulaNetwork-tproxy.conf"]) {
    assert.match(await host.text(["man", page]), new RegExp(`^NAME\n +${page} - `, "m"));
  }
  for (const program of ["tproxy", "tproxy-setup"]) await assertCompleted(host, "bash", program);
}

/** Has a driver's command called again and again, until there is `/root/enough`. */
async function startCalls(host: Host): Promise<Background> {
  const call = "/var/tmp/one/vnm/tproxy check --json >/dev/null || echo failed; echo called";
  const calls = host.start(["sh", "-c", `while test ! -e /root/enough; do ${call}; done`], { inside: true });
  await until("it is called", () => Promise.resolve(calls.output.includes("called")));
  return calls;
}

for (const [name, manager] of Object.entries(MANAGERS)) {
  Deno.test(
    `${name} installs it on a fresh system, a VM is served, and an upgrade, a roll-back and the removal leave no trace`,
    { ignore: ROOTLESS },
    inLab(async (lab) => {
      const [first, second] = [manager.first, await manager.second()];
      const { host, gate, guest } = await makeInstallation(lab, BASE, first, second);
      await host.text(["rm", "-r", archiveFolder]);
      await host.text(["mkdir", "/run/netns"]);
      await host.text(["mount", "--bind", "/run/netns", "/run/netns"]);
      const before = await systemOf(host);

      await host.text([...manager.install, inRoot(first)]);
      assert.match(await host.text(["tproxy", "--version"]), new RegExp(`^one-tproxy ${settings.version}$`, "m"));
      await host.text(["tproxy", "integrate", "--drop-in"]);
      await host.text(["tproxy-setup", "up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"]);
      await host.text(["/var/tmp/one/vnm/tproxy", "start"]);
      await assertServed(guest);
      await assertKnown(host);
      assert.match(await host.text(["tproxy", "permissions", "--running"]), /^(?:one_tproxy\S* \(\d+\): ok\n){2}$/);

      const old = await pids(host);
      const calls = await startCalls(host);
      const download = await startDownload(gate, guest);
      await host.text([...manager.install, inRoot(second)]);
      const replaced = await pids(host);
      assert.equal(replaced.length, 2);
      assert.ok(!replaced.some((pid) => old.includes(pid)));
      assert.match(await host.text(["tail", "-n", "1", `${PREFIX}/current/CHANGELOG.md`]), /^version /);
      await assertServed(guest);
      await host.text([...manager.install, inRoot(first)]);
      assert.ok(!(await pids(host)).some((pid) => replaced.includes(pid)));
      assert.doesNotMatch(await host.text(["tail", "-n", "1", `${PREFIX}/current/CHANGELOG.md`]), /^version /);
      await host.text(["touch", "/root/enough"]);
      await calls.ended();
      assert.doesNotMatch(calls.output, /failed/);
      assert.equal(await download.finish(), true);
      await assertServed(guest);

      await host.text(manager.remove);
      await assertGone(host, before);
      // rpm has no purge, so the logs stay.
      const logs = (await host.run(["sh", "-c", "ls -d /var/log/one_tproxy*"])).stdout;
      assert.equal(logs === "", name === "dpkg", logs);
    }),
  );
}

Deno.test(
  "systemd supervises what the package brings, an upgrade starts the watch anew unless it is masked, and a purge ends it",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { deb } = await makeOthers();
    const { host } = await makeInstallation(lab, MACHINE, PACKAGES.deb, deb);
    await using systemd = await Systemd.boot(host);
    const property = async (name: string) =>
      (await systemd.text(["systemctl", "show", "--property", name, "--value", "one-tproxy"])).trim();
    await systemd.text(["dpkg", "-i", inRoot(PACKAGES.deb)]);
    assert.deepEqual([await property("ActiveState"), await property("UnitFileState")], ["active", "enabled"]);
    const first = await property("MainPID");
    await systemd.text(["dpkg", "-i", inRoot(deb)]);
    assert.equal(await property("ActiveState"), "active");
    assert.notEqual(await property("MainPID"), first);
    await systemd.text(["systemctl", "mask", "--now", "one-tproxy"]);
    const said = await systemd.text(["dpkg", "-i", inRoot(PACKAGES.deb)]);
    assert.match(said, /^The supervision stays off, as it is: /m);
    assert.equal(await property("ActiveState"), "inactive");
    await systemd.text(["dpkg", "-P", "one-tproxy"]);
    await systemd.text(["systemctl", "unmask", "one-tproxy"]);
    assert.deepEqual([await property("ActiveState"), await property("LoadState")], ["inactive", "not-found"]);
  }),
);
