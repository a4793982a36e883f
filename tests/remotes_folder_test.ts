/**
 * The folder into which `onehost sync` copies the remotes: OpenNebula has another one from 7.5.80 on. All that is said here of
 * the former one, all other tests show.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CONFIG_BELOW, DEFAULT_CONFIG_PATH, FORMER_REMOTES_FOLDER, REMOTES_FOLDER } from "../lib/paths.ts";
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import type { Lab } from "./lab/lab.ts";
import { asOneadmin, install, type Installation, PREFIX, shell } from "./lab/installation.ts";
import { letDriver, makeOpenNebula, nothingIsLeft, succeeded, upgradeOpenNebula } from "./lab/opennebula.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, inLab, isServed } from "./lab/scenario.ts";
import { MACHINE } from "./lab/system_root.ts";

const VNM = `${REMOTES_FOLDER}/vnm`;
const CONFIG_PATH = `${REMOTES_FOLDER}/${CONFIG_BELOW}`;

/** Makes a hypervisor with OpenNebula 7.5.80. What its former folder says must count for nothing. */
async function makeUpgraded(lab: Lab): Promise<Installation> {
  const installation = await makeOpenNebula(lab, MACHINE);
  const { host } = installation;
  await letDriver(host);
  await upgradeOpenNebula(host);
  await host.write(DEFAULT_CONFIG_PATH, CONFIG.replaceAll("5030", "9"));
  return installation;
}

/** All files of ours in either folder. */
async function ours(host: Host): Promise<string> {
  const { stdout } = await host.run(["grep", "-rl", "Installed by one-tproxy", FORMER_REMOTES_FOLDER, REMOTES_FOLDER]);
  return stdout;
}

Deno.test(
  "drop-in: a driver in /var/lib/one-remotes is served, and nothing is read or written in the former folder",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeUpgraded(lab);
    assert.match(succeeded(await install(host, "--drop-in")), new RegExp(`^Writing ${VNM}/tproxy$`, "m"));
    assert.equal(await ours(host), `${VNM}/tproxy\n`);
    assert.equal(await host.text(["stat", "-c", "%U %a", `${VNM}/tproxy`]), "oneadmin 755\n");
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    await assertServed(guest);
    const tproxy = (...args: string[]) => host.run([`${PREFIX}/bin/tproxy`, ...args]);
    assert.equal(JSON.parse(succeeded(await tproxy("check", "--json"))).file, CONFIG_PATH);
    for (const program of ["look", "doctor", "integrate", "tproxy"]) {
      assert.doesNotMatch(succeeded(await tproxy("permissions", program)), /\/var\/tmp\/one\//, program);
    }
    assert.match(succeeded(await tproxy("check", "--help")), /\(default:\s+"\/var\/lib\/one-remotes\/etc\//);
    await host.text(["rm", `${VNM}/tproxy`]);
    const { code, stderr } = await tproxy("status");
    assert.equal(code, 4);
    assert.ok(
      stderr.startsWith(`${VNM}/tproxy: it is not the file that tproxy integrate --drop-in has put there`),
      stderr,
    );
    succeeded(await tproxy("integrate", "--drop-in"));
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh down"));
    await nothingIsLeft(host);
    succeeded(await install(host, "--remove"));
    assert.equal(await ours(host), "");
  }),
);

Deno.test(
  "hooks: setup and the watch read the configuration in /var/lib/one-remotes; while a sync empties it, they read none",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeUpgraded(lab);
    await host.ip("link add name onebr.12 type bridge", "link set dev onebr.12 up");
    succeeded(await install(host, "--hooks"));
    await host.write("/tmp/vm", new TextEncoder().encode(sample).toBase64());
    const pre = () => asOneadmin(host, `${VNM}/bridge/pre.d/one-tproxy </tmp/vm`);
    succeeded(await pre());
    await assertServed(guest);
    const watch = host.start([`${PREFIX}/bin/tproxy`, "watch"], { inside: true });
    await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));

    await shell(host, `mv ${REMOTES_FOLDER}/etc /var/lib/one-etc`);
    await until("the watch misses it", () => Promise.resolve(watch.output.includes(CONFIG_PATH)));
    const checked = await host.run([`${PREFIX}/bin/tproxy`, "check"]);
    const missing =
      `Cannot read the configuration ${CONFIG_PATH}: there is no such file; run "onehost sync -f" on the front-end`;
    assert.deepEqual([checked.code, checked.stderr], [1, `tproxy: error: ${missing}\n`]);
    succeeded(await pre());
    await assertServed(guest);

    const more = "\n- :service_port: 81\n  :remote_addr: 10.11.12.13\n  :remote_port: 5030\n";
    await host.write("/var/lib/one-etc/vnm/OpenNebulaNetwork.conf", CONFIG.trimEnd() + more);
    await host.text(["mv", "/var/lib/one-etc", `${REMOTES_FOLDER}/etc`]);
    await until("the watch has followed", () => isServed(guest, 81), 60);
  }),
);

Deno.test(
  "an upgrade of OpenNebula: status names what is missing in the new folder, and its remedy serves the next VM",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeOpenNebula(lab, MACHINE);
    await letDriver(host);
    succeeded(await install(host, "--drop-in"));
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    const tproxy = `${PREFIX}/bin/tproxy`;
    const startWatch = () => host.start([tproxy, "watch"], { inside: true });
    const isGood = async () => /^ok +watch +tproxy watch: /m.test((await host.run([tproxy, "doctor"])).stdout);
    const watch = startWatch();
    await until("the watch is good", isGood, 60);
    await upgradeOpenNebula(host);
    // The front-end has the drivers' own files.
    await host.text(["rm", `${VNM}/tproxy`]);
    const { code, stderr } = await host.run([tproxy, "status"]);
    assert.equal(code, 4);
    const doctor = await host.run([tproxy, "doctor"]);
    assert.match(doctor.stdout, new RegExp(`^BROKEN +watch +tproxy watch: it follows ${DEFAULT_CONFIG_PATH}$`, "m"));
    const [, remedy = ""] = /^\/var\/lib\/one-remotes\/vnm\/tproxy: .*, then run "(.*)"$/m.exec(stderr) ?? [];
    await shell(host, remedy);
    await assertServed(guest);
    await host.text(["pkill", "-TERM", "-f", "/watch\\.js watch$"]);
    await watch.ended();
    startWatch();
    await until("the watch is good again", isGood, 60);
    for (const way of ["down", "up"]) succeeded(await asOneadmin(host, `sh /tmp/driver.sh ${way}`));
    // The guest still has the MAC address of the former veth pair.
    await until("the guest is served", () => isServed(guest), 60);
  }),
);
