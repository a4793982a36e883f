/**
 * A soak test: guests do everything that they usually do, all at once, with a reload now and then. No stream may break,
 * and neither memory nor descriptors may grow. The number of minutes follows `--`:
 * `deno task test tests/soak_test.ts -- 10`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { clientState, makeCrowd, PROXY, startClient, startService } from "./faults/crowd.ts";
import { areBack, ask, type Usage, usageOf } from "./faults/measure.ts";
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import { entry, inLab } from "./lab/scenario.ts";
import { startScript } from "./lab/script.ts";

const MINUTES = Number(Deno.args[0] ?? 1);

/** How much more memory V8 and the allocator may keep than after the first quarter, in kB. */
const SLACK_KB = 40_000;

/** Several streams each way, small and large, some of which are read only after the guest's FIN. */
const STREAMS = [
  { writes: [1, 4096, 65_536], reads: [4096], early: false },
  { writes: [], reads: [1], early: false },
  ...Array.from({ length: 4 }, () => ({ writes: Array(40).fill(100_000), reads: [65_536], early: true })),
];

async function exchange(guest: Host): Promise<void> {
  const exchange = startScript(guest, "exchange.js", PROXY, { hostname: PROXY, port: 7, streams: STREAMS });
  assert.equal(await exchange.ended(), 0, exchange.output);
}

Deno.test(
  `in ${MINUTES} minutes of mixed load no stream breaks, and neither memory nor descriptors grow`,
  inLab(async (lab) => {
    const { hv, gate, guest, neighbour, stranger } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    const pids = await hv.status();
    const idle = await usageOf(hv);
    const speak = [guest, neighbour, stranger].map((host) => {
      return startClient(host, { port: 7, count: 20, how: "echo", everyMs: 50 });
    });
    const silent = startClient(neighbour, { port: 7, count: 100, how: "silent" });
    const brief = [
      startClient(guest, { port: 7, count: 2, how: "reset", everyMs: 20 }),
      startClient(stranger, { port: 7, count: 2, how: "churn", everyMs: 20 }),
    ];
    const start = performance.now();
    const samples: Map<string, Usage>[] = [];
    let asked = 0;
    while (performance.now() < start + MINUTES * 60_000) {
      const [served] = await Promise.all([ask([neighbour, stranger]), exchange(guest), exchange(stranger)]);
      for (const { count, errors } of served) {
        assert.equal(errors, 0);
        asked += count;
      }
      await hv.control("reload");
      samples.push(await usageOf(hv));
    }
    for (const client of speak) {
      const { answers } = await clientState(client, "it speaks", () => true);
      assert.equal((await clientState(client, "it is answered", (state) => state.answers > answers + 20)).open, 20);
    }
    assert.equal((await clientState(silent, "it is there", () => true)).open, 100);
    const settled = samples[Math.floor(samples.length / 4)] ?? new Map<string, Usage>();
    for (const [title, last] of samples.at(-1) ?? []) {
      const first = settled.get(title) ?? last;
      const line = `${title}: ${first.rss} → ${last.rss} kB, ${first.descriptors} → ${last.descriptors} descriptors`;
      console.log(line);
      assert.ok(last.rss < first.rss + SLACK_KB, line);
      assert.ok(Math.abs(last.descriptors - first.descriptors) < 40, line);
    }
    for (const client of [...speak, silent, ...brief]) client.signal("SIGKILL");
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
    assert.deepEqual(await hv.status(), pids);
    console.log(`${samples.length} rounds, ${asked} requests on connections of their own`);
  }),
);
