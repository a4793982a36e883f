/**
 * `tproxy integrate` on a hypervisor whose programs stay: what it says, and what it leaves.
 *
 * @module
 */

import assert from "node:assert/strict";
import upstream from "./fixtures/upstream.rb" with { type: "text" };
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import { archiveFolder, asOneadmin, install, makeInstallation, shell, VNM } from "./lab/installation.ts";
import { letDriver, makeOpenNebula, succeeded } from "./lab/opennebula.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, fetchFrom, inLab } from "./lab/scenario.ts";
import { BASE, listingOf, MACHINE } from "./lab/system_root.ts";

const TPROXY = "/opt/one-tproxy/bin/tproxy";
const SUDOERS = "/etc/sudoers.d/one-tproxy";

function integrate(host: Host, ...args: string[]): Promise<string> {
  return host.text([TPROXY, "integrate", ...args]);
}

Deno.test(
  "it says what it would do, does that, tells how it is then, and does nothing the second time",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE);
    await host.text(["mkdir", "-p", "/etc/sudoers.d", "/run/one_tproxy"]);
    assert.equal((await install(host)).code, 0);
    assert.match(await integrate(host), /^OpenNebula does not call it: run "tproxy integrate --drop-in", /);
    const before = await listingOf(host);
    const planned = await integrate(host, "--hooks", "--dry-run");
    assert.deepEqual(await listingOf(host), before);
    const hook = `${VNM}/bridge/pre.d/one-tproxy`;
    assert.match(planned, new RegExp(`^Writing ${VNM}/tproxy\nWriting ${SUDOERS}\n[^]*^Writing ${hook}$`, "m"));
    const done = await integrate(host, "--hooks");
    assert.equal(done.replace("OpenNebula calls it: hooks", "nothing was changed"), planned);
    const after = await listingOf(host);
    assert.equal(await integrate(host, "--hooks"), "OpenNebula calls it: hooks\n");
    assert.deepEqual(await listingOf(host), after);

    const { way, files } = JSON.parse(await integrate(host, "--json"));
    assert.equal(way, "hooks");
    assert.deepEqual(files[0], { path: `${VNM}/tproxy`, state: "as it should be", kept: null });
    await shell(host, `echo '# more' >>${SUDOERS}; rm ${hook}`);
    const told = await host.run([TPROXY, "integrate"]);
    assert.equal(told.code, 1);
    assert.match(told.stdout, new RegExp(`^${SUDOERS} +changed$`, "m"));
    assert.match(told.stdout, new RegExp(`^${hook} +missing$`, "m"));
    assert.match(told.stderr, /then run "\/opt\/one-tproxy\/bin\/tproxy integrate --hooks"$/m);
    await integrate(host, "--hooks");
    assert.deepEqual(await listingOf(host), after);

    await integrate(host, "--off");
    const kept = (lines: readonly string[]) => lines.filter((line) => !line.includes("/run/one_tproxy"));
    assert.deepEqual(kept(await listingOf(host)), kept(before));
    assert.equal(await integrate(host, "--off"), "OpenNebula does not call it\n");
  }),
);

Deno.test(
  "off leaves live guests to the driver's own proxies though a watch runs, and back again",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    await host.write(`${VNM}/tproxy`, upstream);
    await shell(host, `chown oneadmin: ${VNM}/tproxy; chmod 755 ${VNM}/tproxy`);
    succeeded(await install(host, "--drop-in"));
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    await assertServed(guest);
    const watch = host.start([TPROXY, "watch"], { inside: true });
    await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));
    const theirs = async () => /^one_tproxy_br0 TCP-LISTEN:5030/m.test(await host.text(["ps", "-eo", "args="]));
    const served = async () => await fetchFrom(guest, "/who").catch(() => "") === "gate 10.11.12.1\n";

    assert.match(
      await integrate(host, "--off"),
      /^Starting the driver's own proxies: .*\nOpenNebula does not call it$/m,
    );
    await until("theirs serve", async () => await theirs() && await served());
    await until("the watch has seen that", () => Promise.resolve(/stopped by "tproxy stop"/.test(watch.output)));
    assert.equal((await host.run([TPROXY, "status"])).code, 3);

    await integrate(host, "--drop-in");
    assert.equal(await theirs(), false);
    await assertServed(guest);
    assert.match(await host.text([TPROXY, "status"]), /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
    await integrate(host, "--off");
    await host.text([`${VNM}/tproxy`, "stop"]);
  }),
);

Deno.test(
  "programs that were not installed refuse, and so does whoever is not root",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE);
    const unpacked = await host.run([`${archiveFolder}/bin/tproxy`, "integrate", "--full"]);
    assert.equal(unpacked.code, 1);
    assert.match(
      unpacked.stderr,
      /^tproxy: error: This program was not installed, so .*; run "\.\/install\.sh" of the /,
    );
    assert.equal((await install(host)).code, 0);
    const { code, stderr } = await asOneadmin(host, `${TPROXY} integrate --off`);
    assert.deepEqual([code, stderr], [1, "tproxy: error: Only root can do this; run it with sudo\n"]);
    for (const args of [["--drop-in", "--full"], ["--off", "--json"], ["--dry-run"], ["drop-in"]]) {
      assert.equal((await host.run([TPROXY, "integrate", ...args])).code, 2, `${args}`);
    }
  }),
);
