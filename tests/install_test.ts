/**
 * The installer on Debian's base and the packages that the proxies need: the commands of the guide, upgrades, refusals,
 * and a removal that leaves nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import {
  archiveFolder,
  commandsOf,
  giveSystem,
  install,
  makeInstallation,
  makeOther,
  NAME,
  PREFIX,
  shell,
} from "./lab/installation.ts";
import { holdLock } from "./lab/hold_lock.ts";
import { Host } from "./lab/host.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab } from "./lab/scenario.ts";
import { BASE, listingOf } from "./lab/system_root.ts";

/** The process IDs that `tproxy status` prints, outer's first. */
async function pids(host: Host): Promise<string[]> {
  const status = await host.text([`${PREFIX}/bin/tproxy`, "status"]);
  return [...status.matchAll(/: (\d+)$/gm)].map(([, pid = ""]) => pid);
}

/** A host with a bare system, and nothing around it. */
async function makeSystem(): Promise<Host> {
  const host = await Host.create("hv1");
  await giveSystem(host, BASE);
  return host;
}

Deno.test(
  "what the guide says installs it from its archive alone, serves a guest, and removes it without a trace",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeInstallation(lab, BASE);
    // It is there with the first namespace, whoever makes that.
    await host.text(["mkdir", "/run/netns"]);
    await host.text(["mount", "--bind", "/run/netns", "/run/netns"]);
    const before = await listingOf(host);
    const said = await shell(host, `cd /root\n${commandsOf("Install")}`);
    assert.match(said, new RegExp(`^Installed: ${PREFIX}/bin/tproxy, version `, "m"));
    assert.match(said, /^systemd does not run here: let what does run "\/opt\/one-tproxy\/bin\/tproxy watch", /m);
    const installed = await listingOf(host);
    const again = await install(host);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await listingOf(host), installed);
    assert.doesNotMatch(again.stdout, /Copying|Linking|Writing|Removing/);
    await shell(host, commandsOf("Without OpenNebula"));
    await assertServed(guest);
    await shell(host, commandsOf("Remove", 1));
    const logs = (line: string) => !line.includes("/var/log");
    assert.deepEqual((await listingOf(host)).filter(logs), before.filter(logs));
    assert.equal(await host.text(["nft", "list", "ruleset"]), "");
    assert.equal(await host.text(["ip", "netns", "list"]), "");
    assert.doesNotMatch(await host.text(["ps", "-eo", "args="]), /^one_tproxy|one-tproxy/m);
    const twice = await install(host, "--remove");
    assert.equal(twice.code, 0, twice.stderr);
  }),
);

Deno.test(
  "an upgrade and a roll-back keep a live stream, and new streams go through the other version",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, gate, guest } = await makeInstallation(lab, BASE);
    await shell(host, `cd /root/${NAME} && ./install.sh --drop-in`);
    await shell(host, commandsOf("Without OpenNebula"));
    const [first, versions] = [await pids(host), () => host.text(["ls", `${PREFIX}/versions`])];
    const link = (await host.text(["readlink", `${PREFIX}/current`])).trim();
    await makeOther(host, "/root/second", "second");
    await makeOther(host, "/root/third", "third");
    const download = await startDownload(gate, guest);
    const said = await host.text(["/root/second/install.sh"]);
    assert.match(said, /^Replacing the proxies; live streams go on in the old ones: tproxy restart$/m);
    const second = await pids(host);
    assert.equal(second.length, 2);
    // None of them holds the installer's lock.
    await host.text(["flock", "--nonblock", PREFIX, "true"]);
    assert.ok(!second.some((pid) => first.includes(pid)));
    await assertServed(guest);
    assert.match(await host.text(["tail", "-n", "1", `${PREFIX}/current/CHANGELOG.md`]), /^second$/m);
    assert.equal((await versions()).trim().split("\n").length, 2);
    // As a run leaves it that was interrupted before it had replaced the proxies.
    await host.text(["ln", "-sfn", link, `${PREFIX}/current`]);
    await shell(host, `cd /root/${NAME}\n${commandsOf("Upgrade and roll back")}`);
    assert.ok(!(await pids(host)).some((pid) => second.includes(pid)));
    assert.doesNotMatch(await host.text(["tail", "-n", "1", `${PREFIX}/current/CHANGELOG.md`]), /second/);
    assert.equal(await download.finish(), true);
    await assertServed(guest);
    // The version before stays, since somebody may have it open; older ones go.
    const [lock, before] = [await holdLock(host, PREFIX), await versions()];
    const third = host.start(["/root/third/install.sh"]);
    await until("it waits for another one", () => Promise.resolve(/^Waiting for another/m.test(third.output)));
    assert.equal(await versions(), before);
    await lock[Symbol.asyncDispose]();
    await third.ended();
    assert.match(third.output, /^Installed: /m);
    assert.equal((await versions()).trim().split("\n").length, 2);
    await host.text([`${PREFIX}/current/install.sh`, "--remove"]);
    await until(
      "the draining ones have ended",
      async () => !/^one_tproxy/m.test(await host.text(["ps", "-eo", "args="])),
    );
  }),
);

Deno.test(
  "a program that is started during an upgrade is the whole old or the whole new one",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeInstallation(lab, BASE);
    await shell(host, `cd /root/${NAME} && ./install.sh --drop-in`);
    await makeOther(host, "/root/second", "second");
    const calls = host.start([
      "sh",
      "-c",
      "while test ! -e /root/enough; do /var/tmp/one/vnm/tproxy check --json >/dev/null || echo failed; echo called; done",
    ], { inside: true });
    await until("it is called", async () => (await Promise.resolve(calls.output)).includes("called"));
    for (const folder of ["second", NAME, "second", NAME]) await host.text([`/root/${folder}/install.sh`]);
    await host.text(["touch", "/root/enough"]);
    await calls.ended();
    assert.doesNotMatch(calls.output, /failed/);
  }),
);

/** What is refused: what is wrong, how it is run, and what it says. */
const REFUSED: Readonly<Record<string, [wrong: string, run: string, says: RegExp]>> = {
  "another user": ["true", "setpriv --reuid=65534 --clear-groups ./install.sh", /only root can install it/],
  "another architecture": [
    "true",
    "setarch i686 ./install.sh",
    /this is Linux i686, and the programs are for Linux x86_64/,
  ],
  "a file that is damaged": ["echo >>lib/inner.js", "./install.sh", /are not those of its SHA256SUMS; get the archive/],
  "checksums that lead elsewhere": [
    "sed -i 's|  bin/tproxy$|  ../bin/tproxy|' SHA256SUMS",
    "./install.sh",
    /names "\.\.\/bin\/tproxy", which is no file of ours/,
  ],
  "a part that is missing": [
    "rm share/install/files.sh",
    "./install.sh",
    /files\.sh is missing; unpack the whole archive/,
  ],
  "a prefix that all may write to": [
    "mkdir -m 0777 /srv/p",
    "./install.sh --prefix /srv/p",
    /others than root may write to \/srv\/p;/,
  ],
  "a prefix below a folder that all may write to": [
    "mkdir -m 1777 /srv/p",
    "./install.sh --prefix /srv/p/q",
    /may write to \/srv\/p;/,
  ],
  "a prefix below somebody's folder": [
    "install -d -o 9869 /srv/p",
    "./install.sh --prefix /srv/p/q",
    /\/srv\/p is not root's, so/,
  ],
  "a prefix with somebody else's file": [
    "mkdir /srv/p && touch /srv/p/theirs",
    "./install.sh --prefix /srv/p",
    /\/srv\/p\/theirs is not ours; use another prefix/,
  ],
  "a prefix that is a link": ["ln -s /opt /srv/p", "./install.sh --prefix /srv/p/q", /use \/opt\/q as the prefix/],
  "a relative prefix": ["true", "./install.sh --prefix p", /"p" can't be the prefix; use an absolute path/],
  "a prefix that a command would not take as it is": [
    "true",
    "./install.sh '--prefix=/srv/a b;c'",
    /can't be the prefix/,
  ],
  "somebody else's unit": [
    "mkdir -p /etc/systemd/system && echo '[Unit]' >/etc/systemd/system/one-tproxy.service",
    "./install.sh",
    /one-tproxy\.service is in the way and not ours; move it away/,
  ],
  "somebody else's hook": [
    "mkdir /var/tmp/one/vnm/bridge/pre.d && echo '#!/bin/sh' >/var/tmp/one/vnm/bridge/pre.d/one-tproxy",
    "./install.sh --hooks",
    /pre\.d\/one-tproxy is in the way and not ours/,
  ],
  "a system without nftables": [
    "mv /usr/sbin/nft /usr/sbin/nft.gone",
    "./install.sh",
    /nft is not there; install it, for example with "apt-get install nftables"/,
  ],
};

for (const [what, [wrong, run, says]] of Object.entries(REFUSED)) {
  Deno.test(
    `the installer refuses ${what} in one line, and changes nothing`,
    { ignore: ROOTLESS },
    async () => {
      await using host = await makeSystem();
      await shell(host, `cd ${archiveFolder} && ${wrong}`);
      const before = await listingOf(host);
      const { code, stderr } = await host.run(["sh", "-c", `cd ${archiveFolder} && ${run}`]);
      assert.equal(code, 1, stderr);
      assert.match(stderr, says);
      assert.match(stderr, /^install\.sh: error: [^\n]+\n$/);
      assert.deepEqual(await listingOf(host), before);
    },
  );
}

Deno.test(
  "one prefix at a time: another one is refused until the first installation is removed",
  { ignore: ROOTLESS },
  async () => {
    await using host = await makeSystem();
    await host.text(["mkdir", "-p", "/etc/systemd/system"]);
    const before = await listingOf(host);
    await host.text([`${archiveFolder}/install.sh`, "--prefix", "/srv/tproxy", "--hooks"]);
    assert.match(
      await host.text(["cat", "/etc/systemd/system/one-tproxy.service", "/var/tmp/one/vnm/tproxy"]),
      /^ExecStart=\/srv\/tproxy\/bin\/tproxy watch$[^]*^exec \/srv\/tproxy\/bin\/tproxy "\$@"$/m,
    );
    const other = await install(host);
    assert.equal(other.code, 1);
    const [, remedy = ""] = /one-tproxy\.service belongs to the .*; remove that first: "(.*)"\n$/.exec(other.stderr) ??
      [];
    await shell(host, remedy);
    assert.deepEqual(await listingOf(host), before);
  },
);

Deno.test(
  "an upgrade puts right what onehost sync has brought for another prefix, in which nothing is",
  { ignore: ROOTLESS },
  async () => {
    await using host = await makeSystem();
    const drivers = "/var/tmp/one/vnm/tproxy";
    assert.equal((await install(host, "--drop-in")).code, 0);
    await makeOther(host, "/root/second", "second");
    for (const elsewhere of ["/usr/lib/one-tproxy", "/tmp/theirs", "/opt/../tmp/theirs", '/tmp/a"b;c']) {
      await shell(host, `mkdir -p '${elsewhere}/current'; cp /bin/true '${elsewhere}/current/install.sh'`);
      await shell(host, "rm -rf /usr/lib/one-tproxy; find /tmp -mindepth 1 -exec chown oneadmin: {} +");
      await host.write(drivers, `#!/bin/sh\n# Installed by one-tproxy\nexec ${elsewhere}/bin/tproxy "$@"\n`);
      const status = await host.run([`${PREFIX}/bin/tproxy`, "status"]);
      // Nothing runs, either.
      assert.equal(status.code, 3, status.stderr);
      assert.match(
        status.stderr,
        /^\S+\/tproxy: it calls programs elsewhere than in \/opt\/one-tproxy; run "tproxy int/m,
      );
      const upgraded = await host.run(["/root/second/install.sh"]);
      assert.equal(upgraded.code, 0, upgraded.stderr);
      assert.match(upgraded.stdout, /^Writing \/var\/tmp\/one\/vnm\/tproxy$/m);
      assert.match(await host.text(["cat", drivers]), /^exec \/opt\/one-tproxy\/bin\/tproxy "\$@"$/m);
    }
  },
);

Deno.test("what the installer does not know gets its usage", { ignore: ROOTLESS }, async () => {
  await using host = await makeSystem();
  for (const argv of [["--nonsense"], ["--drop-in", "--full"], ["--remove", "--hooks"], ["--prefix"], ["drop-in"]]) {
    const { code, stdout, stderr } = await install(host, ...argv);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^Usage: \.\/install\.sh \[--prefix DIR\] \[--drop-in \| --hooks \| --full\] \[--metrics DIR\] \[--trust FILE\]\n/,
    );
  }
  for (const option of ["--help", "-h"]) {
    const { code, stdout, stderr } = await install(host, option);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Usage: \.\/install\.sh [^]*\n {2}--remove /);
  }
});
