/**
 * Versions that `onehost sync` brings: who may bring one, and what a host does with it.
 *
 * @module
 */

import assert from "node:assert/strict";
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import { type Result, until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Host } from "./lab/host.ts";
import {
  archiveFolder,
  asOneadmin,
  commandsOf,
  install,
  type Installation,
  makeOther,
  NAME,
  PREFIX,
  shell,
  VNM,
} from "./lab/installation.ts";
import type { Lab } from "./lab/lab.ts";
import { letDriver, makeOpenNebula, succeeded } from "./lab/opennebula.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab, isServed } from "./lab/scenario.ts";
import { MACHINE } from "./lab/system_root.ts";
import { Systemd } from "./lab/systemd.ts";

const BROUGHT = `${VNM}/one-tproxy/linux-x86_64.tar.gz`;
const STORE = `${PREFIX}/remotes`;

/**
 * Makes a hypervisor on which root trusts the key `/root/good.pub`, and archives: `/root/NAME.tar.gz`, and
 * `/root/second/NAME.tar.gz` of another version, each signed.
 */
async function makeTrusting(lab: Lab, way: string): Promise<Installation> {
  const installation = await makeOpenNebula(lab, MACHINE);
  const { host } = installation;
  await letDriver(host);
  await makeOther(host, "/root/other-version", "second");
  await shell(
    host,
    `cd /root; mkdir second; mv other-version second/${NAME}
     tar -cf second/${NAME}.tar.gz -I 'gzip -1' -C second ${NAME}; rm -r second/${NAME}
     for key in good other; do ssh-keygen -q -t ed25519 -N '' -C "$key" -f $key; done`,
  );
  await sign(host, "good");
  const installed = await install(host, way, "--trust", "/root/good.pub");
  assert.equal(installed.code, 0, installed.stderr);
  return installation;
}

/** Signs both archives. */
async function sign(host: Host, key: string): Promise<void> {
  const files = [`/root/${NAME}.tar.gz`, `/root/second/${NAME}.tar.gz`];
  for (const file of files) {
    await shell(host, `rm -f ${file}.sig; ssh-keygen -q -Y sign -f /root/${key} -n one-tproxy ${file} 2>/dev/null`);
  }
}

/** What `onehost sync -f` does with the archive and its signature. */
async function sync(host: Host, folder: string): Promise<void> {
  await shell(
    host,
    `mkdir -p ${VNM}/one-tproxy; rm -rf ${BROUGHT} ${BROUGHT}.sig
     cp ${folder}/${NAME}.tar.gz ${BROUGHT}; cp ${folder}/${NAME}.tar.gz.sig ${BROUGHT}.sig
     chown -R oneadmin: ${VNM}/one-tproxy`,
  );
}

/** Whether the version in use is the other one. */
async function isSecond(host: Host): Promise<boolean> {
  return /^second$/m.test(await host.text(["tail", "-n", "1", `${PREFIX}/current/CHANGELOG.md`]));
}

/** What a driver does with the way `--hooks` before a VM starts. */
function pre(host: Host): Promise<Result> {
  return asOneadmin(host, `${VNM}/bridge/pre.d/one-tproxy </tmp/vm`);
}

async function makeVm(host: Host): Promise<void> {
  await host.ip("link add name onebr.12 type bridge", "link set dev onebr.12 up");
  await host.write("/tmp/vm", new TextEncoder().encode(sample).toBase64());
}

/** All that a command printed, which has to succeed. The installer that a launcher runs prints on standard error. */
function outputOf(result: Result): string {
  return succeeded(result) + result.stderr;
}

Deno.test(
  "a sync brings another version, and one takes it back: the next VM waits for it, and live streams go on",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, gate, guest } = await makeTrusting(lab, "--drop-in");
    const first = outputOf(await asOneadmin(host, "sh /tmp/driver.sh up"));
    assert.doesNotMatch(first, /Looking|error/);
    await assertServed(guest);
    const download = await startDownload(gate, guest);
    const start = () => asOneadmin(host, `sudo -n ${VNM}/tproxy start`);
    await sync(host, "/root/second");
    assert.match(outputOf(await start()), /^Looking at [^]*^Replacing the proxies; [^]*^Installed: /m);
    assert.equal(await isSecond(host), true);
    const running = await host.text([`${PREFIX}/bin/tproxy`, "permissions", "--running"]);
    assert.match(running, /^one_tproxy \(\d+\): ok$/m);
    await assertServed(guest);
    assert.equal(outputOf(await start()), "");

    await sync(host, "/root");
    assert.match(outputOf(await start()), /^Installed: /m);
    assert.equal(await isSecond(host), false);
    assert.ok(await download.finish(), "the live stream was cut");
    await assertServed(guest);
    // What root installs by hand stays until the remotes bring something else.
    await shell(host, `tar -xzf /root/second/${NAME}.tar.gz -C /root/second; /root/second/${NAME}/install.sh`);
    assert.equal(outputOf(await start()), "");
    assert.equal(await isSecond(host), true);
    assert.equal((await host.run(["ls", "-A", `${STORE}`])).stdout, "signers\ntaken\n");
  }),
);

Deno.test(
  "hooks: a VM gets its bridges from the version that came, and of two at once each gets them",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeTrusting(lab, "--hooks");
    await makeVm(host);
    await sync(host, "/root/second");
    const said = await Promise.all([pre(host), pre(host)]);
    for (const one of said) assert.match(outputOf(one), /The bridge is set up \(bridge=br0,/);
    assert.equal(said.filter(({ stdout }) => /^Installed: /m.test(stdout)).length, 1);
    assert.equal(await isSecond(host), true);
    await assertServed(guest);
  }),
);

/** What `tproxy status` says of an archive that was refused; nothing if it says nothing else either. */
async function refusal(host: Host): Promise<string> {
  const { code, stderr } = await host.run([`${PREFIX}/bin/tproxy`, "status"]);
  assert.equal(code, stderr === "" ? 0 : 4, stderr);
  return stderr.trimEnd().replace(`${BROUGHT}: `, "");
}

/** What a host does not take: what is wrong, and what it says. */
const REFUSED: Readonly<Record<string, [wrong: string, says: RegExp]>> = {
  "an archive that was changed": [`echo x >>${BROUGHT}`, /no key of .* has signed/],
  "a signature of another archive": [`cp /root/${NAME}.tar.gz.sig ${BROUGHT}.sig`, /no key of .* has signed/],
  "an archive that another key has signed": [
    `ssh-keygen -q -Y sign -f /root/other -n one-tproxy ${BROUGHT} 2>/dev/null </dev/null || :
     rm ${BROUGHT}.sig; ssh-keygen -q -Y sign -f /root/other -n one-tproxy ${BROUGHT} 2>/dev/null`,
    /no key of .* has signed/,
  ],
  "a signature for another purpose": [
    `rm ${BROUGHT}.sig; ssh-keygen -q -Y sign -f /root/good -n file ${BROUGHT} 2>/dev/null`,
    /no key of .* has signed/,
  ],
  "a signature that is none": [`echo nonsense >${BROUGHT}.sig`, /no key of .* has signed/],
  "a signature without an archive": [`rm ${BROUGHT}`, /linux-x86_64\.tar\.gz can't be read/],
  "a link to what oneadmin may not read": [`ln -sf /etc/shadow ${BROUGHT}`, /linux-x86_64\.tar\.gz can't be read/],
  "a folder": [`rm ${BROUGHT}; mkdir ${BROUGHT}`, /linux-x86_64\.tar\.gz can't be read/],
  "an endless file": [`ln -sf /dev/zero ${BROUGHT}`, /no key of .* has signed/],
};

Deno.test(
  "what no trusted key has signed is refused in a line, and the VM gets its bridges from what is installed",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeTrusting(lab, "--hooks");
    await makeVm(host);
    succeeded(await pre(host));
    await assertServed(guest);
    const look = `find ${PREFIX} /etc/sudoers.d ! -path ${STORE} ! -path ${STORE}/refused -printf '%p %m %U %s %l\\n'
      find ${PREFIX} -type f ! -path ${STORE}/refused -exec sha256sum {} +`;
    const state = async () => (await shell(host, look)).split("\n").toSorted();
    const before = await state();
    for (const [what, [wrong, says]] of Object.entries(REFUSED)) {
      await sync(host, "/root/second");
      await shell(host, wrong);
      const said = outputOf(await pre(host));
      assert.match(said, /The bridge is set up \(bridge=br0,/, what);
      const lines = said.split("\n").filter((line) => line.startsWith("install.sh: "));
      assert.equal(lines.length, 1, `${what}: ${said}`);
      assert.match(lines[0] ?? "", says, what);
      assert.match(lines[0] ?? "", /; what is installed stays$/);
      assert.deepEqual(await state(), before, what);
      const why = /no key/.test(says.source) ? "no key that is trusted here has signed it" : "it or its .* be read";
      assert.match(await refusal(host), new RegExp(`^refused: ${why}; what is .*; run "tproxy .* --hooks --archive`));
    }
    // An older version is refused once root trusts another key alone; what that has signed is taken.
    succeeded(await install(host, "--trust", "/root/other.pub"));
    await sync(host, "/root/second");
    assert.match(outputOf(await pre(host)), /no key of .* has signed/);
    assert.equal(await isSecond(host), false);
    await sign(host, "other");
    await sync(host, "/root/second");
    succeeded(await pre(host));
    assert.equal(await isSecond(host), true);
    assert.equal(await refusal(host), "");

    await sync(host, "/root");
    await host.text(["touch", `${PREFIX}/theirs`]);
    succeeded(await pre(host));
    const byHand = `; what is installed stays; run "${PREFIX}/current/install.sh --from-remotes"`;
    assert.equal(await refusal(host), `refused: it can't be installed${byHand}`);
    await host.write(`${STORE}/refused`, "\x1b[2J\n");
    assert.equal(await refusal(host), `refused: install.sh says why${byHand}`);
    await shell(host, `rm ${PREFIX}/theirs ${BROUGHT} ${BROUGHT}.sig`);
    succeeded(await pre(host));
    assert.equal(await refusal(host), "");
  }),
);

Deno.test(
  "whoever owns the remotes gets a pipe and no file of root's, though the archive never ends",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeTrusting(lab, "--hooks");
    await sync(host, "/root/second");
    await asOneadmin(host, `rm ${BROUGHT}; mkfifo ${BROUGHT}`);
    const reading = host.start([`${PREFIX}/current/install.sh`, "--from-remotes"], { inside: true });
    const pid = await until("oneadmin's process reads", async () => {
      const { stdout } = await host.run(["pgrep", "-u", "oneadmin", "-f", "^cat -- .*\\.gz$"]);
      return stdout.trim() !== "" && stdout.trim();
    });
    const open = await host.text(["sh", "-c", `ls -l /proc/${pid}/fd`]);
    assert.doesNotMatch(open, /-> \/opt/, open);
    // A second one does not wait.
    const second = await host.run(["timeout", "40", `${PREFIX}/current/install.sh`, "--from-remotes"]);
    assert.deepEqual(second, { code: 0, stdout: "", stderr: "" });
    // A removal does: what was taken after it would be there again.
    const removal = host.start([`${archiveFolder}/install.sh`, "--remove"], { inside: true });
    await until("it waits", () => Promise.resolve(removal.output === "Waiting for another install.sh\n"));
    await host.text(["test", "-e", `${PREFIX}/current`]);
    await asOneadmin(host, `kill ${pid}`);
    await reading.ended();
    assert.match(reading.output, /linux-x86_64\.tar\.gz can't be read; what is installed stays/);
    await removal.ended();
    assert.notEqual((await host.run(["test", "-e", PREFIX])).code, 0);
  }),
);

Deno.test(
  "oneadmin gets no rights of root's by a signed archive: neither by a program beside it, nor by a link above it",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeTrusting(lab, "--hooks");
    // OpenNebula's own rule would let oneadmin run it as root.
    await host.text(["rm", "/etc/sudoers.d/opennebula"]);
    const take = () => host.run([`${PREFIX}/current/install.sh`, "--from-remotes"]);
    await sync(host, "/root/second");
    await host.write("/tmp/other", "#!/bin/sh\nid >>/tmp/calls\n");
    await asOneadmin(host, `cd ${VNM}; rm tproxy; cp /tmp/other tproxy; chmod 755 tproxy`);
    const taken = await take();
    assert.match(succeeded(taken), /^Installed: /m);
    assert.match(taken.stderr, /^warning: \/var\/tmp\/one\/vnm\/tproxy stop was not run, since sudo does not let /m);
    assert.equal(await isSecond(host), true);
    assert.equal((await host.run(["cat", "/tmp/calls"])).stdout, "");

    await sync(host, "/root");
    await shell(host, `cp -r ${VNM} /root/vnm; chown -R root: /root/vnm`);
    await asOneadmin(host, `cd /var/tmp/one; mv vnm before; ln -s /root/vnm vnm`);
    const led = await take();
    assert.equal(led.code, 1);
    assert.match(led.stderr, /linux-x86_64\.tar\.gz\.sig can't be read; what is installed stays/);
    assert.equal(await isSecond(host), true);
  }),
);

Deno.test(
  "without a trusted key nothing is taken, and oneadmin can't start the installer as root",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host } = await makeTrusting(lab, "--hooks");
    await makeVm(host);
    await host.text(["rm", "-r", STORE]);
    await sync(host, "/root/second");
    assert.doesNotMatch(outputOf(await pre(host)), /install\.sh|Looking/);
    const byHand = await host.run([`${PREFIX}/current/install.sh`, "--from-remotes"]);
    assert.deepEqual([byHand.code, byHand.stdout], [1, ""]);
    assert.match(byHand.stderr, /^install\.sh: error: no key is trusted; run "install\.sh --trust FILE" with the /);
    for (const argv of ["install.sh --from-remotes", "install.sh --trust /tmp/key"]) {
      const { code } = await asOneadmin(host, `sudo -n ${PREFIX}/current/${argv}`);
      assert.notEqual(code, 0, argv);
    }
    const wrong = await install(host, "--trust", "/root/good");
    assert.deepEqual([wrong.code, wrong.stdout], [1, ""]);
    assert.match(wrong.stderr, /^install\.sh: error: \/root\/good holds no public key; name the maintainer's /);
    assert.equal(await isSecond(host), false);
  }),
);

Deno.test(
  "from the front-end: the guide's lines bring a version to a host that has none, and another one to a host that has",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    // One host is all: the front-end, and the hypervisor that "onehost sync" copies to.
    const kept = `${VNM}/ip_netns_exec`;
    const { host, guest } = await makeTrusting(lab, "--drop-in");
    succeeded(await install(host, "--remove"));
    const remotes = "/var/lib/one/remotes/vnm";
    await host.write("/usr/local/bin/onehost", `#!/bin/sh\nrm -rf ${VNM}\ncp -r ${remotes} ${VNM}\n`);
    await shell(
      host,
      `chmod 755 /usr/local/bin/onehost; usermod -s /bin/sh oneadmin; mkdir -p ${remotes}; cp -p ${kept} ${remotes}
       cp /root/${NAME}.tar.gz* /var/lib/one; cp -r ${archiveFolder} /var/lib/one/archive; chown -R oneadmin: /var/lib/one
       cp /root/good.pub /root/one-tproxy.pub; rm -r ${archiveFolder}`,
    );
    const listing = () => shell(host, "find /var/lib/one -printf '%p %y %m %U:%G %s %l\\n' | sort");
    const before = await listing();
    const follow = (lines: string) => shell(host, `cd /var/lib/one/archive\n${lines}`);
    const bring = commandsOf("For each version");
    assert.match(await follow(bring), /^Copying .*x86_64\.tar\.gz to [^]*^Copying .*\.sig to .*\.sig$/m);
    await shell(host, commandsOf("Once on each hypervisor", 1));
    succeeded(await asOneadmin(host, "sh /tmp/driver.sh up"));
    await assertServed(guest);

    const tproxy = "/var/lib/one/archive/bin/tproxy integrate --front-end";
    const again = `${tproxy} --drop-in --archive /var/lib/one/${NAME}.tar.gz --dry-run`;
    assert.equal(await shell(host, again), "nothing was changed\n");
    assert.match(await shell(host, tproxy), /^onehost sync brings the programs, too: .*\/linux-x86_64\.tar\.gz$/m);
    await shell(host, `cp /root/second/${NAME}.tar.gz* /var/lib/one; chown oneadmin: /var/lib/one/*.gz*`);
    await follow(bring);
    assert.match(outputOf(await asOneadmin(host, `sudo -n ${VNM}/tproxy start`)), /^Installed: /m);
    assert.equal(await isSecond(host), true);
    await assertServed(guest);

    const refused = { "a.tar.gz": /does not have the name of a released/, [`/root/${NAME}.tar.gz`]: /may not read/ };
    for (const [archive, says] of Object.entries(refused)) {
      const { code, stderr } = await host.run(["sh", "-c", `${tproxy} --drop-in --archive ${archive}`]);
      assert.equal(code, 1);
      assert.match(stderr, says);
    }
    await shell(host, `${tproxy} --off; cp /root/${NAME}.tar.gz* /var/lib/one; chown oneadmin: /var/lib/one/*.gz*`);
    assert.equal(await listing(), before);
    assert.equal(await isSecond(host), true);
  }),
);

Deno.test(
  "systemd has what a sync brings taken without a VM, and the proxies that it starts go on",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { host, guest } = await makeTrusting(lab, "--drop-in");
    await using systemd = await Systemd.boot(host);
    const installed = await systemd.text([`${archiveFolder}/install.sh`]);
    assert.match(
      installed,
      /^Looking every minute what onehost sync has brought: systemctl enable --now one-tproxy-remotes\.timer$/m,
    );
    const up = ["up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"];
    await systemd.text([`${PREFIX}/bin/tproxy-setup`, ...up]);
    await until("the guest is served", () => isServed(guest), 60);
    await sync(host, "/root/second");
    await until("the other version is there", () => isSecond(host), 180);
    const take = () => systemd.run(["systemctl", "start", "one-tproxy-remotes.service"]);
    assert.equal((await take()).code, 0);
    await assertServed(guest);
    const proxies = await systemd.text([`${PREFIX}/bin/tproxy`, "permissions", "--running"]);
    assert.match(proxies, /^one_tproxy \(\d+\): ok$/m);
    await shell(host, `mkdir /root/bad; cp /root/${NAME}.tar.gz* /root/bad; echo x >>/root/bad/${NAME}.tar.gz`);
    await sync(host, "/root/bad");
    assert.equal((await take()).code, 1);
    assert.equal(await isSecond(host), true);
    await sync(host, "/root");
    assert.equal((await take()).code, 0);
    assert.equal(await isSecond(host), false);
    await assertServed(guest);

    const removed = await systemd.text([`${archiveFolder}/install.sh`, "--remove"]);
    assert.match(removed, /^Taking nothing from the remotes any more: systemctl disable --now /m);
    assert.equal((await systemd.run(["systemctl", "cat", "one-tproxy-remotes.timer"])).code, 1);
  }),
);
