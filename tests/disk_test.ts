/**
 * Full disks: log lines are lost, streams are not, and what can't be written is said.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import { fetchFrom, inLab, makeScenario } from "./lab/scenario.ts";

/** Leaves no byte on a file system. */
async function fill(host: Host, dir: string): Promise<void> {
  await host.run(["dd", "if=/dev/zero", `of=${dir}/full`, "bs=4k"]);
  assert.match((await host.run(["dd", "if=/dev/zero", `of=${dir}/more`, "bs=4k", "count=1"])).stderr, /No space left/);
}

Deno.test(
  "a full disk under /var/log costs log lines and no stream",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.host.text(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", "/var/log"]);
    await hv.up("br0");
    await hv.control("start");
    await fill(hv.host, "/var/log");
    for (const verb of ["reload", "restart"]) await hv.control(verb);
    // More lines than the rest of a page holds.
    for (let i = 0; i < 20; i++) assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    await hv.host.text(["rm", "/var/log/full"]);
    await fetchFrom(guest, "/who");
    await until("there are lines again", async () => {
      return (await hv.log("one_tproxy_br0")).at(-1)?.["message"] === "Closed";
    });
    const lost = (await hv.log("one_tproxy_br0")).filter(({ message }) => /^Lost lines/.test(String(message)));
    assert.ok(lost.length === 1 && Number(lost[0]?.["lines"]) > 0, JSON.stringify(lost));
  }),
);

Deno.test(
  "a full disk under /run is named, and what runs goes on as it was",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.host.text(["mkdir", "/run/one_tproxy"]);
    await hv.host.text(["mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", "/run/one_tproxy"]);
    await hv.up("br0");
    await hv.control("start");
    const pids = await hv.status();
    await fill(hv.host, "/run/one_tproxy");
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 81 : 10.11.12.13 . 5030 }"]);
    const { code, stderr } = await hv.tproxy("reload");
    assert.equal(code, 1);
    assert.match(stderr, /No space left on device/);
    assert.deepEqual(await hv.status(), pids);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
    await hv.host.text(["rm", "/run/one_tproxy/full"]);
    await hv.control("reload");
    assert.equal(await fetchFrom(guest, "/who", 81), "gate 10.11.12.1\n");
  }),
);
