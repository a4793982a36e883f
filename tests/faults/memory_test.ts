/**
 * Memory: how much guests can make a daemon take, and how much it keeps.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { entry, inLab } from "../lab/scenario.ts";
import { clientState, countsOf, makeCrowd, startClient, startService } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, limit, usageOf } from "./measure.ts";

/** What 200 floods and 800 idle streams may take beyond what an idle daemon has, in bytes. */
const MEMORY = 80 * 1024 * 1024;

/** Limits a daemon to this much more memory than it has now; it ends if it needs more. */
async function limitMemory(hv: Hypervisor, title: string, pid: number): Promise<void> {
  const status = await hv.host.text(["cat", `/proc/${pid}/status`]);
  const data = Number(/^VmData:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
  assert.ok(data > 0, `${title} says nothing of its memory`);
  await limit(hv, pid, `--data=${data + MEMORY}`);
}

Deno.test(
  "a guest that fills all buffers does not exhaust memory, and others are served",
  inLab(async (lab) => {
    const { hv, gate, guest, neighbour, stranger } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    const others = [neighbour, stranger];
    const before = await ask(others);
    const idle = await usageOf(hv);
    const pids = await hv.status();
    for (const [title, pid] of pids) await limitMemory(hv, title, pid);
    const silent = startClient(guest, { port: 7, count: 800, how: "silent" });
    await clientState(silent, "800 say nothing", ({ open }) => open === 800);
    const flood = startClient(guest, { port: 7, count: 200, how: "flood" });
    await clientState(flood, "200 flood", ({ opened, sent }) => opened === 200 && sent > 10_000_000, 60);
    for (let i = 0; i < 3; i++) assertUndisturbed("memory is short", others, before, await ask(others));
    for (const client of [silent, flood]) client.signal("SIGKILL");
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)), 60);
    assert.deepEqual(await hv.status(), pids);
  }),
);

Deno.test(
  "after a burst of 10,000 connections memory comes back down",
  inLab(async (lab) => {
    const settings = [
      ":tproxy_max_connections",
      ":tproxy_max_connections_per_bridge",
      ":tproxy_max_connections_per_guest",
    ]
      .map((key) => `${key}: 7000\n`).join("");
    const crowd = await makeCrowd(lab, { settings, entries: entry(7) });
    const { hv, gate, guest, neighbour } = crowd;
    await startService(gate, 7, "echo");
    await ask([guest]);
    const titles = ["one_tproxy", "one_tproxy_br0"];
    const rss = async () => {
      const usage = await usageOf(hv);
      return titles.map((title) => Math.round((usage.get(title)?.rss ?? NaN) / 1024));
    };
    const idle = await rss();
    const clients = [guest, neighbour].map((host) => startClient(host, { port: 7, count: 5_000, how: "silent" }));
    for (const client of clients) {
      await clientState(client, "all have been opened", ({ opened }) => opened === 5_000, 120);
    }
    // Nearly all that the limits allow: on a busy machine some of the streams miss a deadline.
    await until("the proxies carry the burst", async () => {
      const counts = await countsOf(crowd);
      return titles.every((title) => (counts.get(title)?.live ?? 0) > 6_000);
    }, 120);
    const burst = await rss();
    for (const client of clients) client.signal("SIGKILL");
    const after = await until("at most a third of it is left", async () => {
      const now = await rss();
      return now.every((mib, i) => mib - (idle[i] ?? 0) <= ((burst[i] ?? 0) - (idle[i] ?? 0)) / 3) && now;
    }, 60);
    titles.forEach((title, i) => {
      console.log(`${title}: ${idle[i]} MiB before, ${burst[i]} with up to 7,000 streams, ${after[i]} after`);
      assert.ok((burst[i] ?? 0) > (idle[i] ?? 0) + 30, "there was no burst");
    });
    const [served] = await ask([guest]);
    assert.equal(served?.errors, 0);
  }),
);
