/**
 * The installer's files in the folders of logrotate, sudo and systemd, checked by these programs, and by shellcheck.
 *
 * @module
 */

import assert from "node:assert/strict";
import { PROGRAMS } from "../lib/programs.ts";
import { until } from "../packaging/command.ts";
import { Host } from "./lab/host.ts";
import { archiveFolder, commandsOf, giveSystem, install, makeInstallation, shell } from "./lab/installation.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { fetchFrom, inLab } from "./lab/scenario.ts";
import { MACHINE } from "./lab/system_root.ts";

const PACKAGING = new URL("../packaging/", import.meta.url).pathname;

Deno.test(
  "logrotate moves the logs, and the proxies go on in new ones without a new process",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeInstallation(lab, MACHINE);
    const installed = await install(host, "--drop-in");
    assert.equal(installed.code, 0, installed.stderr);
    await shell(host, commandsOf("Without OpenNebula"));
    await fetchFrom(guest, "/who");
    const status = await host.text(["/opt/one-tproxy/bin/tproxy", "status"]);
    await host.text(["logrotate", "--force", "/etc/logrotate.d/one-tproxy"]);
    const opened = async (file: string) =>
      (await host.text(["grep", "-c", '"Opened"', `/var/log/${file}`]).catch(() => "0")).trim();
    const logs = ["one_tproxy", "one_tproxy_br0"];
    // Both before the next stream: a proxy that is still about to reopen its log writes that into the moved one.
    for (const log of logs) assert.equal(await opened(`${log}.log.1`), "1");
    for (const log of logs) {
      await until(
        "the proxies have their new logs",
        async () => (await host.run(["test", "-e", `/var/log/${log}.log`])).code === 0,
      );
      assert.match(await host.text(["stat", "-c", "%a %u", `/var/log/${log}.log`]), /^640 19\d{8}$/m);
      const before = Number(await opened(`${log}.log`));
      await fetchFrom(guest, "/who");
      await until("what happens is in the new log", async () => Number(await opened(`${log}.log`)) > before);
    }
    assert.equal(await host.text(["/opt/one-tproxy/bin/tproxy", "status"]), status);

    await host.text(["/opt/one-tproxy/bin/tproxy", "stop"]);
    await host.text(["logrotate", "--force", "/etc/logrotate.d/one-tproxy"]);
    assert.equal((await host.run(["/opt/one-tproxy/bin/tproxy", "status"])).code, 3);
  }),
);

Deno.test(
  "sudo takes the rules of each way, and none has a wildcard",
  { ignore: ROOTLESS },
  async () => {
    await using host = await Host.create("hv1");
    await giveSystem(host, MACHINE);
    for (const way of ["hooks", "full"]) {
      const file = `${archiveFolder}/share/${way}/sudoers`;
      await host.text(["visudo", "-c", "-f", file]);
      assert.doesNotMatch(await host.text(["grep", "-v", "^#", file]), /[*?[\]!]/);
    }
  },
);

Deno.test(
  "systemd takes the units without a warning",
  { ignore: ROOTLESS },
  async () => {
    await using host = await Host.create("hv1");
    await giveSystem(host, MACHINE);
    assert.equal((await install(host)).code, 0);
    // They are installed where systemd runs.
    const metrics = ["one-tproxy-metrics.service", "one-tproxy-metrics.timer"];
    const others = [...metrics, "remotes/one-tproxy-remotes.service", "remotes/one-tproxy-remotes.timer"];
    for (const unit of others) await host.text(["cp", `${archiveFolder}/share/${unit}`, "/etc/systemd/system"]);
    for (const unit of ["one-tproxy.service", ...others]) {
      const verified = await host.run([
        "systemd-analyze",
        "verify",
        unit.replace(/^(?:.*\/)?/, "/etc/systemd/system/"),
      ]);
      assert.deepEqual(verified, { code: 0, stdout: "", stderr: "" });
    }
  },
);

Deno.test("the installer asks for every program that is run, by its path, and names its package", async () => {
  await using host = await Host.create("reader");
  const check = await host.text(["cat", `${PACKAGING}share/install/check.sh`]);
  const asked = [...check.matchAll(/^ +for program in (.*); do\n +check_program "(.*?)\$/gm)].flatMap((
    [, list, folder],
  ) => (list ?? "").split(" ").map((entry) => `${folder}${entry}`));
  const run = Object.values(PROGRAMS).map(({ path, debian }) => `${path}:${debian}`);
  assert.deepEqual(asked.toSorted(), run.toSorted());
});

Deno.test("shellcheck finds nothing in the installer, its parts, the hooks, the drop-in, the package's scripts and .ci/run", async () => {
  await using host = await Host.create("reviewer");
  const parts = ["check", "programs", "files", "service", "metrics", "remotes", "remove"].map((part) =>
    `share/install/${part}.sh`
  );
  const ofPackage = ["package/postinst", "package/prerm", "package/postrm"];
  const hooks = ["share/drop-in/tproxy", "share/hooks/pre", "share/hooks/clean"];
  const scripts = ["install.sh", ...parts, ...hooks, ...ofPackage, "../.ci/run"];
  const { code, stdout } = await host.run(["shellcheck", "-x", ...scripts.map((script) => `${PACKAGING}${script}`)]);
  assert.equal(code, 0, stdout);
  // A workflow runs it by its path.
  await host.text(["test", "-x", `${PACKAGING}../.ci/run`]);
});
