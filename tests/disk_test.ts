/**
 * Full disks: log lines are lost, streams are not, and an error names what can't be written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import { assertServed, CONFIG, fetchFrom, inLab, makeScenario } from "./lab/scenario.ts";

/** Puts a small file system at a folder. */
async function makeSmall(host: Host, dir: string): Promise<void> {
  await host.text(["mkdir", "-p", dir]);
  await host.text(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", dir]);
}

/** Leaves no byte on a file system. */
async function fill(host: Host, dir: string): Promise<void> {
  await host.run(["dd", "if=/dev/zero", `of=${dir}/full`, "bs=4k"]);
  assert.match((await host.run(["dd", "if=/dev/zero", `of=${dir}/more`, "bs=4k", "count=1"])).stderr, /No space left/);
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

Deno.test(
  "a full disk under /var/log costs log lines and no stream",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await makeSmall(hv.host, "/var/log");
    await hv.serve("br0");
    await fill(hv.host, "/var/log");
    for (const verb of ["reload", "restart"]) await hv.control(verb);
    // More lines than fit into the rest of a page.
    for (let i = 0; i < 20; i++) await assertServed(guest);
    await hv.host.text(["rm", "/var/log/full"]);
    await fetchFrom(guest, "/who");
    // The line that the full disk has cut is none.
    const whole = async () => {
      const text = await hv.host.text(["cat", "/var/log/one_tproxy_br0.log"]);
      return text.split("\n").filter(isJson).map((line): Record<string, unknown> => JSON.parse(line));
    };
    await until("there are lines again", async () => (await whole()).at(-1)?.["message"] === "Closed");
    const lost = (await whole()).filter(({ message }) => /^Lost lines/.test(String(message)));
    assert.ok(lost.length === 1 && Number(lost[0]?.["lines"]) > 0, JSON.stringify(lost));
  }),
);

Deno.test(
  "a log line that a full disk cuts spoils no other line",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await makeSmall(hv.host, "/var/log");
    await hv.up("br0");
    await hv.control("start");
    const log = "/var/log/one_tproxy_br0.log";
    // The disk is given out in pages, so that some bytes of the last one are left.
    const size = Number(await hv.host.text(["stat", "-c", "%s", log]));
    await hv.host.text(["sh", "-c", 'printf "%*s\\n" "$0" "" >>"$1"', `${4096 * 8 - 51 - size}`, log]);
    await fill(hv.host, "/var/log");
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    await until("a line is cut", async () => /^\{.{49}$/m.test(await hv.host.text(["tail", "-n", "1", log])));
    await hv.host.text(["rm", "/var/log/full"]);
    await fetchFrom(guest, "/who");
    const lines = await until("there are lines again", async () => {
      const lines = (await hv.host.text(["cat", log])).split("\n").map((line) => line.trim()).filter(Boolean);
      return lines.at(-1)?.includes('"Closed"') && lines;
    });
    assert.deepEqual(lines.filter((line) => !isJson(line)).map((line) => line.length), [50]);
  }),
);

Deno.test(
  "a full disk under /run is named, and what runs goes on as it was",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await makeSmall(hv.host, "/run/one_tproxy");
    await hv.serve("br0");
    const pids = await hv.status();
    await fill(hv.host, "/run/one_tproxy");
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 81 : 10.11.12.13 . 5030 }"]);
    const { code, stderr } = await hv.tproxy("reload");
    assert.equal(code, 1);
    assert.match(stderr, /No space left on device/);
    assert.deepEqual(await hv.status(), pids);
    await assertServed(guest);
    await hv.host.text(["rm", "/run/one_tproxy/full"]);
    await hv.control("reload");
    await assertServed(guest, 81);
  }),
);

Deno.test(
  "a proxy that has ended is started again while /run is full, although the settings can't be noted",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await makeSmall(hv.host, "/run/one_tproxy");
    await hv.serve("br0");
    await hv.configure(`${CONFIG}# changed\n`);
    const age = "test $(($(date +%s) - $(stat -c %Z /var/tmp/one/etc/vnm/OpenNebulaNetwork.conf))) -gt 3";
    await until("the file is old enough to be noted", async () => (await hv.host.run(["sh", "-c", age])).code === 0);
    await fill(hv.host, "/run/one_tproxy");
    await hv.kill("one_tproxy_br0");
    await hv.control("start");
    await assertServed(guest);
  }),
);

Deno.test(
  "a command does its work although its standard error is full",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    const full = (argv: string[]) => hv.host.text(["sh", "-c", 'exec "$0" "$@" 2>/dev/full', ...argv]);
    await full(hv.setupArgv("up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"));
    await full(hv.tproxyArgv("start"));
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  }),
);
