/**
 * `tproxy integrate --front-end`: what `onehost sync` copies to the hypervisors.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "./lab/host.ts";
import { archiveFolder, asOneadmin, commandsOf, install, makeInstallation, shell, VNM } from "./lab/installation.ts";
import type { Lab } from "./lab/lab.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { inLab } from "./lab/scenario.ts";
import { MACHINE } from "./lab/system_root.ts";

const REMOTES = "/var/lib/one/remotes/vnm";

/** Makes a host that is front-end and hypervisor. Its `onehost` copies the remotes, as rsync with --delete does. */
async function makeFrontEnd(lab: Lab): Promise<Host> {
  const { host } = await makeInstallation(lab, MACHINE);
  await shell(
    host,
    `mkdir -p ${REMOTES}/bridge ${REMOTES}/fw; echo theirs >${REMOTES}/tproxy; echo theirs >${REMOTES}/tproxy.rb
     chmod 755 ${REMOTES}/tproxy`,
  );
  await host.write("/usr/local/bin/onehost", `#!/bin/sh\nrm -rf ${VNM}\ncp -r ${REMOTES} ${VNM}\n`);
  // The archive is where oneadmin can read it.
  await shell(
    host,
    `chmod 755 /usr/local/bin/onehost; usermod -s /bin/sh oneadmin
     mv ${archiveFolder} /var/lib/one/archive; chown -R oneadmin: /var/lib/one`,
  );
  return host;
}

/** Runs lines of the guide in the unpacked archive. */
function follow(host: Host, lines: string): Promise<string> {
  return shell(host, `cd /var/lib/one/archive\n${lines}`);
}

/** Every file of the front-end with owner, mode, size and target. */
function listing(host: Host): Promise<string> {
  return shell(host, "find /var/lib/one -printf '%p %y %m %U:%G %s %l\\n' | sort");
}

Deno.test(
  "what the guide says puts the same files there as on a hypervisor, and puts back what was there",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const host = await makeFrontEnd(lab);
    await shell(host, `cp -r /var/lib/one/archive ${archiveFolder}`);
    const before = await listing(host);
    for (const way of ["--full", "--hooks", "--drop-in"]) {
      const installed = await install(host, way);
      assert.equal(installed.code, 0, installed.stderr);
      await shell(host, `rm -rf /tmp/vnm; cp -r ${VNM} /tmp/vnm`);
      await follow(host, commandsOf("On the front-end").replace("--drop-in", way));
      const files = way === "--full" ? ["tproxy", "tproxy.rb"] : ["tproxy"];
      if (way === "--hooks") files.push("bridge/pre.d/one-tproxy", "bridge/clean.d/one-tproxy");
      for (const file of files) await host.text(["cmp", `/tmp/vnm/${file}`, `${VNM}/${file}`]);
      assert.equal((await host.run(["cat", `${REMOTES}/tproxy.rb`])).stdout === "theirs\n", way !== "--full");
      const again = await host.text(["/var/lib/one/archive/bin/tproxy", "integrate", "--front-end", way, "--dry-run"]);
      assert.equal(again, "nothing was changed\n");
      assert.equal((await host.run(["/opt/one-tproxy/bin/tproxy", "check"])).code, 0);
    }
    await follow(host, commandsOf("Remove"));
    assert.equal((await install(host, "--remove")).code, 0);
    assert.equal(await listing(host), before);
    assert.equal(await host.text(["cat", `${VNM}/tproxy`]), "theirs\n");
  }),
);

Deno.test(
  "oneadmin needs no root for it, others may not, and a link of oneadmin's leads root nowhere",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const host = await makeFrontEnd(lab);
    const tproxy = "/var/lib/one/archive/bin/tproxy integrate --front-end";
    const done = await asOneadmin(host, `${tproxy} --hooks`);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      /^Keeping .*\/tproxy in \/var\/lib\/one\/one-tproxy\/tproxy\n[^]*by "onehost sync -f", as oneadmin\n$/,
    );
    const told = await asOneadmin(host, `${tproxy} --json`);
    const { way, files } = JSON.parse(told.stdout);
    assert.deepEqual([way, files[0].kept], ["hooks", "/var/lib/one/one-tproxy/tproxy"]);
    const other = await host.run(["setpriv", "--reuid=65534", "--clear-groups", "sh", "-c", `${tproxy} --off`]);
    assert.deepEqual([other.code, other.stderr], [
      1,
      "tproxy: error: Only root and oneadmin can do this; run it with sudo\n",
    ]);
    await host.write("/etc/precious", "precious\n");
    await host.text(["chmod", "600", "/etc/precious"]);
    await asOneadmin(host, `cd /var/lib/one/one-tproxy; for f in tproxy mode; do ln -sf /etc/precious $f; done`);
    await host.run(["sh", "-c", `${tproxy} --full; ${tproxy} --drop-in; ${tproxy} --off`]);
    assert.equal(await host.text(["stat", "-c", "%a %U %s", "/etc/precious"]), "600 root 9\n");
    assert.equal((await host.run(["grep", "-rl", "precious", "/var/lib/one/remotes"])).stdout, "");
    // Nor does a link on the way, though the folder that it leads to is root's.
    await host.text(["mkdir", "-p", "/etc/remotes/vnm"]);
    await asOneadmin(host, "cd /var/lib/one; mv remotes before; ln -s /etc/remotes remotes");
    assert.equal((await host.run(["sh", "-c", `${tproxy} --drop-in`])).code, 1);
    assert.equal(await host.text(["ls", "-A", "/etc/remotes/vnm"]), "");
  }),
);

Deno.test(
  "a host that is no front-end is named so, and nothing is made there",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, MACHINE);
    const { code, stderr } = await host.run([`${archiveFolder}/bin/tproxy`, "integrate", "--front-end", "--full"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^tproxy: error: This is no front-end, since there is no \/var\/lib\/one\/remotes\/vnm; run it on /,
    );
    assert.equal((await host.run(["ls", "/var/lib/one/one-tproxy"])).stdout, "");
  }),
);
