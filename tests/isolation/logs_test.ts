/**
 * Logs in a folder that others may write to, as Ubuntu's `/var/log` is (root:syslog, 0775).
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../../lib/daemon/owner.ts";
import { innerOf } from "../../lib/role.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { asInner } from "../lab/broken_out.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, fetchFrom, inLab, makeScenario, served } from "../lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const LOG = "/var/log/one_tproxy_br0.log";
const VICTIM = "/var/log/victim";

/** What somebody may put in place of a log. */
const PLANTED: Readonly<Record<string, string>> = {
  "a link to a file of root's": 'ln -s victim "$0"',
  "a link to nothing": 'ln -s made-by-root "$0"',
  "a second name of a file of root's": 'ln victim "$0"',
  "a FIFO": 'mkfifo "$0"',
  "a folder": 'mkdir -p "$0/x"',
  "a stranger's file": 'echo theirs >"$0"; chown 1000 "$0"',
};

/** Puts something in the log's place, and starts proxies that have none yet. */
async function plant(hv: Hypervisor, script: string): Promise<string> {
  await hv.host.text(["sh", "-c", `cd /var/log; rm -rf "$0" "$0".not-ours-*; ${script}`, LOG]);
  return await hv.host.text(["stat", "-c", "%F %U %a", LOG]);
}

/** The log is a file of the proxy's with one name. */
async function assertGood(hv: Hypervisor): Promise<void> {
  const is = await hv.host.text(["stat", "-c", "%F %u %h %a", LOG]);
  // A reload returns before the proxy has written its first line.
  assert.equal(
    is.replace("regular empty file", "regular file"),
    ROOTLESS ? "regular file 0 1 660\n" : `regular file ${numberOf(innerOf(BR0))} 1 640\n`,
  );
}

Deno.test(
  "root neither follows nor adopts what somebody has put in a log's place, and the proxy has a log all the same",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.host.text(["chmod", "777", "/var/log"]);
    await hv.host.write(VICTIM, "secret");
    await hv.host.text(["chmod", "600", VICTIM]);
    await hv.up("br0");
    for (const [what, script] of Object.entries(PLANTED)) {
      const planted = await plant(hv, script);
      await hv.control("stop");
      const { stderr } = await hv.control("start");
      assert.match(stderr, /^warning: Moved away a file that is not ours \(path=\S+one_tproxy_br0\.log, .*\)$/m, what);
      await assertGood(hv);
      await assertServed(guest, 5030, what);
      await until(`${what}: there are lines`, async () => (await hv.log("one_tproxy_br0")).length > 0);
      // It is not lost and not changed.
      assert.equal(await hv.host.text(["sh", "-c", `stat -c "%F %U %a" "$0".not-ours-*`, LOG]), planted, what);
      assert.match(await hv.host.text(["stat", "-c", "%u %g %a %s", VICTIM]), /^0 0 600 6$/m, what);
      assert.notEqual((await hv.host.run(["test", "-e", "/var/log/made-by-root"])).code, 0, what);
    }
  }),
);

Deno.test(
  "what is put in the place of a log while the proxy runs is moved away by the next reload, which has its effect",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.host.write(VICTIM, "secret");
    await hv.host.text(["chmod", "600", VICTIM]);
    await hv.serve("br0");
    const pids = await hv.status();
    await plant(hv, PLANTED["a link to a file of root's"] ?? "");
    await hv.control("reload");
    await assertGood(hv);
    await fetchFrom(guest, "/who");
    await until(
      "it is logged",
      async () => (await hv.log("one_tproxy_br0")).some(({ message }) => message === "Closed"),
    );
    assert.deepEqual(await hv.status(), pids);
    assert.match(await hv.host.text(["stat", "-c", "%u %g %a %s", VICTIM]), /^0 0 600 6$/m);
  }),
);

Deno.test(
  "somebody who puts links there as fast as it can leads root to nothing",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.host.text(["chmod", "777", "/var/log"]);
    await hv.host.write(VICTIM, "secret");
    await hv.host.text(["chmod", "600", VICTIM]);
    await hv.up("br0");
    const swap = 'my($l)=@ARGV; for(;;){rename $l,"$l.x"; symlink "/var/log/victim",$l; unlink $l; ' +
      'symlink "/var/log/made-by-root",$l; unlink $l; rename "$l.x",$l}';
    const swaps = Array.from({ length: 2 }, () => hv.host.start(["perl", "-e", swap, LOG]));
    for (let i = 0; i < 10; i++) {
      const { stderr } = await hv.tproxy(i % 2 === 0 ? "start" : "reload");
      // If the attacker keeps the proxy from having a log, the error has to say so.
      for (const line of stderr.split("\n").filter((line) => line.startsWith("tproxy: error"))) {
        assert.match(line, /one_tproxy_br0/);
      }
      assert.match(await hv.host.text(["stat", "-c", "%u %g %a %s", VICTIM]), /^0 0 600 6$/m);
      assert.notEqual((await hv.host.run(["test", "-e", "/var/log/made-by-root"])).code, 0);
    }
    for (const each of swaps) each.signal("SIGKILL");
    await hv.control("restart");
    await assertGood(hv);
  }),
);

Deno.test(
  "a log is its own proxy's, which can put no other file in its place",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    for (const argv of [["rm", "-f", LOG], ["mv", LOG, "/var/log/x"], ["ln", "-s", VICTIM, "/var/log/x"]]) {
      assert.match((await hv.host.run(asInner(BR0, ...argv))).stderr, /Permission denied/);
    }
  }),
);
