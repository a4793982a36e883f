/**
 * A hypervisor boots: nothing of the former boot is there, and several VMs start at once. How many follows `--`:
 * `deno task test tests/boot_test.ts -- 50 8` starts 50 VMs, 8 at a time, and prints what it took.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, inLab, makeScenario } from "./lab/scenario.ts";
import { vm } from "./lab/vm.ts";

const [VMS = 12, AT_ONCE = 4] = Deno.args.map(Number);

/** Two VMs share each bridge. */
const BRIDGES = Array.from({ length: Math.ceil(VMS / 2) }, (_, number) => `br${number}`);

/** Starts a VM as the hook does, and tells how long it took, in milliseconds. */
async function startVm(hv: Hypervisor, number: number): Promise<number> {
  const start = performance.now();
  const { code, stderr } = await hv.hook(["pre"], vm([BRIDGES[number % BRIDGES.length] ?? "", "7"]));
  assert.equal(code, 0, stderr);
  return performance.now() - start;
}

Deno.test(
  `${VMS} VMs that start at once after a boot are all served, and none fails`,
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    for (const bridge of BRIDGES.slice(1)) await hv.bridge(bridge);
    const last = await lab.guest("guest2", hv, BRIDGES.at(-1) ?? "", "192.168.151.10");

    const numbers = Array.from({ length: VMS }, (_, number) => number).values();
    const took: number[] = [];
    const start = performance.now();
    const driver = async () => {
      for (const number of numbers) took.push(await startVm(hv, number));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, driver));
    const all = performance.now() - start;

    if (Deno.args.length > 0) {
      const longest = Math.max(...took);
      console.log(`${VMS} VMs, ${AT_ONCE} at a time: ${Math.round(all)} ms, the longest ${Math.round(longest)} ms`);
    }

    const titles = ["one_tproxy", ...BRIDGES.map((bridge) => `one_tproxy_${bridge}`)];
    assert.deepEqual([...(await hv.status()).keys()].toSorted(), titles.toSorted());
    for (const it of [guest, last]) await assertServed(it);
    // A driver has seen its own VM's proxy serve before it went on; nothing is left to be mended.
    const before = await hv.status();
    await hv.control("start");
    assert.deepEqual(await hv.status(), before);
  }),
);
