/**
 * Many bridges on one hypervisor: all are served, and a change of one does not touch the others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, CONFIG, GATE, inLab, makeScenario } from "./lab/scenario.ts";

const BRIDGES = Array.from({ length: 30 }, (_, i) => `br${i}`);
const LAST = "br29";

/** Ten services, of which one runs; outer needs permission for all of them. */
const TEN = CONFIG + Array.from({ length: 9 }, (_, i) => {
  return `- {":service_port": ${6000 + i}, ":remote_addr": 10.11.13.${i}, ":remote_port": ${6000 + i}}\n`;
}).join("");

/** How many of a daemon's log lines have a message. */
async function countLines(hv: Hypervisor, title: string, message: string): Promise<number> {
  return (await hv.log(title)).filter((line) => line["message"] === message).length;
}

Deno.test(
  "30 bridges are served by one start, changed one by one, and ended by one stop",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab, TEN);
    for (const bridge of BRIDGES.slice(1)) await hv.bridge(bridge);
    const guest = await lab.guest("guest2", hv, LAST, "192.168.150.10");
    for (const bridge of BRIDGES) await hv.up(bridge);
    const titles = ["one_tproxy", ...BRIDGES.map((bridge) => `one_tproxy_${bridge}`).toSorted()];

    await hv.control("start");
    const before = await hv.status();
    assert.deepEqual([...before.keys()], titles);
    await assertServed(guest);
    const permissions = await hv.tproxy("permissions", "--running");
    assert.equal(permissions.code, 0, permissions.stdout);
    assert.equal(permissions.stdout.trim().split("\n").length, titles.length);

    // A port with a remote that outer may dial already needs no start, and only one inner has to reload.
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", `ep_${LAST}`, `{ 81 : ${GATE} . 5030 }`]);
    await hv.control("start");
    assert.deepEqual(await hv.status(), before);
    for (const title of ["one_tproxy", `one_tproxy_${LAST}`]) {
      await until(`${title} has reloaded`, async () => await countLines(hv, title, "Reloaded") === 1);
    }
    await assertServed(guest, 81);
    for (const title of titles) {
      const expected = title === "one_tproxy" || title === `one_tproxy_${LAST}` ? 1 : 0;
      assert.equal(await countLines(hv, title, "Reloaded"), expected, title);
    }

    await hv.control("reload");
    assert.deepEqual(await hv.status(), before);

    await hv.down(LAST);
    await hv.control("start");
    const after = await hv.status();
    assert.deepEqual([...after], [...before].filter(([title]) => title !== `one_tproxy_${LAST}`));

    await hv.control("restart");
    const pids = new Set(after.values());
    const renewed = await hv.status();
    assert.deepEqual([...renewed.keys()], [...after.keys()]);
    assert.deepEqual([...renewed.values()].filter((pid) => pids.has(pid)), []);

    await hv.control("stop");
    assert.equal((await hv.tproxy("status")).code, 3);
    assert.doesNotMatch(await hv.host.text(["ps", "-eo", "args="]), /^one_tproxy/m);
  }),
);
