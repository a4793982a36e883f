/**
 * What the packages are made of, and where they are refused.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { PROGRAMS } from "../lib/programs.ts";
import { dependsOf } from "../packaging/package/deb.ts";
import { MAINTAINER } from "../packaging/package/maintainer.ts";
import { Host } from "./lab/host.ts";
import { archiveFolder, install, makeInstallation, shell } from "./lab/installation.ts";
import { makePackages, PACKAGES } from "./lab/packages.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { inLab } from "./lab/scenario.ts";
import { BASE, giveRoot, MACHINE } from "./lab/system_root.ts";

const PREFIX = "/usr/lib/one-tproxy";

Deno.test("two builds of the packages give the same bytes, wherever, whenever and with whatever umask", async () => {
  const again = await makePackages("again", settings.version);
  await using host = await Host.create("reader");
  for (const kind of ["deb", "rpm"] as const) {
    await host.text(["cmp", PACKAGES[kind], again[kind]]);
  }
});

Deno.test("both packages name the maintainer of packaging/package/maintainer.ts, and so does Debian's change log", async () => {
  await using host = await Host.create("reader");
  assert.match(MAINTAINER, /^[^<>]+ <[^@ ]+@[^@ ]+>$/);
  assert.equal(await host.text(["dpkg-deb", "-f", PACKAGES.deb, "Maintainer"]), `${MAINTAINER}\n`);
  assert.equal(await host.text(["rpm", "-qp", "--qf", "%{PACKAGER}", PACKAGES.rpm]), MAINTAINER);
  const log = 'dpkg-deb --fsys-tarfile "$0" | tar -xO ./usr/share/doc/one-tproxy/changelog.gz | zcat';
  assert.ok((await host.text(["sh", "-c", log, PACKAGES.deb])).includes(`\n -- ${MAINTAINER}  `));
});

Deno.test("lintian finds no error in the .deb, which has no conffile and names what it needs", async () => {
  await using host = await Host.create("reader");
  const { code, stdout } = await host.run(["lintian", "--allow-root", "--fail-on", "error", PACKAGES.deb]);
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(await host.text(["dpkg-deb", "-I", PACKAGES.deb]), /conffiles/);
  const depends = (await host.text(["dpkg-deb", "-f", PACKAGES.deb, "Depends"])).trim();
  assert.equal(depends, dependsOf());
  for (const name of ["iproute2", "nftables", "procps", "util-linux"]) {
    assert.match(depends, new RegExp(`\\b${name}\\b`));
  }
  const requires = await host.text(["rpm", "-qp", "--requires", PACKAGES.rpm]);
  for (const { path } of Object.values(PROGRAMS)) assert.match(requires, new RegExp(`^${path}$`, "m"));
  // rpm reads from the runtime itself which glibc it is linked to.
  const [glibc = 0] = [...requires.matchAll(/\(GLIBC_2\.(\d+)\)/g)].map(([, minor]) => Number(minor)).toSorted((a, b) =>
    b - a
  );
  assert.match(depends, new RegExp(`libc6 \\(>= 2\\.${glibc}\\)`));
});

Deno.test(
  "in an image, where systemd does not run yet, the package enables a unit that systemd takes without a warning",
  { ignore: ROOTLESS },
  async () => {
    await using host = await Host.create("image");
    await giveRoot(host, MACHINE, PACKAGES.deb);
    const link = "/etc/systemd/system/multi-user.target.wants/one-tproxy.service";
    await host.text(["sh", "-c", "dpkg -i /root/*.deb"]);
    assert.equal(await host.text(["readlink", link]), "/lib/systemd/system/one-tproxy.service\n");
    const verified = await host.run(["systemd-analyze", "verify", "one-tproxy.service"]);
    assert.deepEqual([verified.code, verified.stdout, verified.stderr], [0, "", ""]);
    await host.text(["dpkg", "-P", "one-tproxy"]);
    assert.equal((await host.run(["sh", "-c", `ls -d ${link} /etc/*/one-tproxy*`])).stdout, "");
  },
);

Deno.test(
  "a package and an archive don't get into each other's way: each is refused where the other is installed",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE, PACKAGES.deb);
    await host.text([`${archiveFolder}/install.sh`, "--drop-in"]);
    const refused = await host.run(["sh", "-c", "dpkg -i /root/*.deb"]);
    assert.equal(refused.code, 1);
    const [, remedy = ""] =
      /^install\.sh: error: .* belongs to the installation in \/opt\/one-tproxy; remove that first: "(.*)"$/m
        .exec(refused.stderr) ?? [];
    await shell(host, remedy);
    await host.text(["dpkg", "--configure", "--pending"]);
    const { code, stderr } = await install(host, "--prefix", PREFIX);
    assert.equal(code, 1);
    assert.match(stderr, /\/usr\/lib\/one-tproxy is a package's; install another version of the package/);
    await host.text([`${PREFIX}/current/install.sh`, "--drop-in"]);
    assert.match(
      (await install(host)).stderr,
      /belongs to the package one-tproxy; remove that first: "dpkg -r one-tproxy" or "rpm -e one-tproxy"\n$/,
    );
    // As dpkg calls it while it replaces a package that ours needs.
    await host.text(["/var/lib/dpkg/info/one-tproxy.prerm", "deconfigure", "in-favour", "nftables", "1.1.3"]);
    await host.text(["tproxy", "--version"]);
    await shell(
      host,
      "dpkg -r one-tproxy && test ! -e /usr/lib/one-tproxy && ! dpkg -s one-tproxy 2>/dev/null | grep -q ' installed'",
    );
  }),
);
