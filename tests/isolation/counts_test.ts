/**
 * Files of counts with bad content: a proxy may write anything into its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { printable } from "../../lib/config/config.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { STRINGS_DIR } from "../../lib/paths.ts";
import { asInner, asOuter } from "../lab/broken_out.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, makeScenario, served } from "../lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const RUN = "/run/one_tproxy";
const WRITTEN = `${RUN}/written-by-proxies`;
const FILE = `${WRITTEN}/inner-stats.br0.json`;

/** Good counts, except for the given parts. */
const counts = (listening: string, more = "") =>
  `{"listening":${listening},"live":0,"total":1,"failed":0,"refused":0,"up":0,"down":0${more}}`;

/** What br0's inner may write, with the text in place of `$1`. */
const INNERS: Readonly<Record<string, readonly [script: string, text?: string]>> = {
  "a sparse file of 3 GiB": ['truncate -s 3G "$0"'],
  "good counts and 3 GiB of nothing": ['printf %s "$1" >"$0"; truncate -s 3G "$0"', counts("[5030]")],
  "counts of 5,000,000 bytes": [
    'printf %s "$1" >"$0"; head -c 5000000 /dev/zero | tr "\\0" " " >>"$0"',
    counts("[5030]"),
  ],
  "JSON nested 4,000,000 deep": ['head -c 4000000 /dev/zero | tr "\\0" "[" >"$0"'],
  "what is no JSON": ['printf %s "$1" >"$0"', "{"],
  "a port that is none": ['printf %s "$1" >"$0"', counts("[65536]")],
  "a listener that is a terminal's command": ['printf %s "$1" >"$0"', counts('["\\u001b[2J"]')],
};

/** What only root can put there. */
const ROOTS: Readonly<Record<string, readonly [script: string, text?: string]>> = {
  "a FIFO": ['rm "$0"; mkfifo "$0"'],
  "a folder": ['rm "$0"; mkdir "$0"'],
  "a link to other counts": ['rm -rf "$0"; ln -s outer-stats.json "$0"'],
  "counts that have a second name": ['rm -f "$0"; cp "${0%/*}/outer-stats.json" "$0.x"; ln "$0.x" "$0"'],
  "a stranger's file": ['rm -f "$0"; printf %s "$1" >"$0"; chown 1000 "$0"', counts("[5030]")],
};

/** The counts that `status --json` shows, by title; it runs with little memory. */
async function shown(hv: Hypervisor): Promise<Map<string, { lastError?: { message: string } }>> {
  const status = hv.tproxyArgv("status", "--json");
  const { stdout, stderr } = await hv.host.run(["timeout", "60", "prlimit", "--data=1200000000", ...status]);
  assert.notEqual(stdout, "", stderr);
  const { proxies } = JSON.parse(stdout);
  return new Map(proxies.map(({ title, counts }: { title: string; counts?: never }) => [title, counts]));
}

Deno.test(
  "bad counts of a proxy count as missing, and do not affect the others",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    const inner = (await hv.status()).get("one_tproxy_br0");
    // Otherwise it would overwrite them with the next counts.
    await hv.host.text(["kill", "-s", "STOP", `${inner}`]);
    for (const [by, cases] of [["inner", INNERS], ["root", ROOTS]] as const) {
      for (const [what, [script, text = ""]] of Object.entries(cases)) {
        const argv = ["sh", "-c", script, FILE, text];
        await hv.host.text(by === "root" ? argv : asInner(BR0, ...argv));
        const found = await shown(hv);
        assert.equal(found.get("one_tproxy_br0"), undefined, what);
        for (const title of ["one_tproxy", "one_tproxy_br1"]) assert.ok(found.get(title), `${what}: ${title}`);
      }
    }
    await hv.host.text(["rm", FILE]);
    await hv.host.text(["kill", "-s", "CONT", `${inner}`]);
    await hv.control("reload");
    await assertServed(guest);
    await until("there are counts again", async () => (await shown(hv)).get("one_tproxy_br0") !== undefined);
  }),
);

Deno.test(
  "the text of a proxy's last error moves no terminal's cursor",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.kill("one_tproxy_br0", "STOP");
    const message = "\\u001b]0;x\\u0007\\u009b2J\\u202e";
    const text = counts("[5030]", `,"lastError":{"time":"2026-01-01T00:00:00.000Z","message":"${message}"}`);
    await hv.host.text(asInner(BR0, "sh", "-c", 'printf %s "$1" >"$0"', FILE, text));
    assert.equal((await shown(hv)).get("one_tproxy_br0")?.lastError?.message, "\ufffd]0;x\ufffd\ufffd2J\ufffd");
    for (const args of [["status", "--json"], ["status"], ["status", "--wide"]]) {
      const { stdout } = await hv.tproxy(...args);
      assert.equal(printable(stdout.replaceAll("\n", "")), stdout.replaceAll("\n", ""), `${args}`);
    }
  }),
);

Deno.test(
  "proxies that write all they can fill only their own file system, and all guests are served",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    // A small file system in place of /run, so that the machine does not fill up.
    await hv.host.text(["mkdir", RUN]);
    await hv.host.text(["mount", "-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs", RUN]);
    await hv.bridge("br1");
    const other = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.serve("br0", "br1");
    const free = async () => Number((await hv.host.text(["df", "--output=avail", "-B1", RUN])).split("\n")[1]);
    const before = await free();
    const full = /No space left on device/;
    assert.match((await hv.host.run(asInner(BR0, "dd", "if=/dev/zero", `of=${FILE}`, "bs=64k"))).stderr, full);
    const bytes = ["dd", "if=/dev/zero", `of=${STRINGS_DIR}/br0/x`, "bs=64k"];
    assert.match((await hv.host.run(asOuter(...bytes))).stderr, full);
    const files = 'i=0; while : >"$0/$i"; do i=$((i+1)); done';
    assert.match((await hv.host.run(asOuter("sh", "-c", files, `${STRINGS_DIR}/br0`))).stderr, full);
    assert.ok(before - await free() < 1024 * 1024, "it takes from /run");
    for (const each of [guest, other]) await assertServed(each);
    await hv.host.text(["nft", "flush", "map", "ip", "one_tproxy", "ep_br1"]);
    await hv.up("br1");
    assert.equal((await hv.tproxy("reload")).code, 0);
    for (const each of [guest, other]) await assertServed(each);
    const found = await shown(hv);
    for (const title of ["one_tproxy", "one_tproxy_br1"]) assert.ok(found.get(title), title);
    await hv.control("stop");
    await hv.control("start");
    await assertServed(guest);
  }),
);
