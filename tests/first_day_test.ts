/**
 * The first day of a hypervisor, by the commands of the README: from a fresh Debian to a VM that is served, and back.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { archiveFolder, asOneadmin, shell } from "./lab/installation.ts";
import { DRIVERS_TABLES, letDriver, makeOpenNebula, nothingIsLeft, succeeded } from "./lab/opennebula.ts";
import { assertGone, inRoot, PACKAGES, systemOf } from "./lab/packages.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab } from "./lab/scenario.ts";
import { BASE } from "./lab/system_root.ts";
import { assertCompleted } from "./lab/typing.ts";

Deno.test(
  "a package is installed, OpenNebula's driver has a VM served, the manual and completions are there, a purge leaves nothing",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, BASE, PACKAGES.deb);
    await letDriver(host);
    await host.text(["rm", "-r", archiveFolder]);
    // It is there with the first namespace, whoever makes that.
    await host.text(["mkdir", "/run/netns"]);
    await host.text(["mount", "--bind", "/run/netns", "/run/netns"]);
    const before = await systemOf(host);

    const said = await host.text(["dpkg", "-i", inRoot(PACKAGES.deb)]);
    const [, next = ""] = /^OpenNebula does not call it: "(tproxy integrate --drop-in)", or /m.exec(said) ?? [];
    await shell(host, next);
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    await assertServed(guest);
    assert.match(await host.text(["tproxy", "status"]), /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);

    assert.equal(await host.text(["tproxy", "--version"]), `one-tproxy ${settings.version}\n`);
    assert.match(await host.text(["man", "tproxy"]), /^NAME\n +tproxy - [^]*^ +tproxy start$/m);
    for (const one of ["bash", "zsh"] as const) await assertCompleted(host, one, "tproxy");

    succeeded(await asOneadmin(host, "sh /tmp/driver.sh down"));
    await nothingIsLeft(host);
    await host.text(["dpkg", "-P", "one-tproxy"]);
    await assertGone(host, before, DRIVERS_TABLES);
    assert.equal(await host.text(["sh", "-c", "ls /var/log | grep one || true"]), "");
  }),
);
