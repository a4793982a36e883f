/**
 * Guests that behave as badly as they can: others are served as before, and afterwards nothing is left of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Background, until } from "../../packaging/command.ts";
import { entry, inLab } from "../lab/scenario.ts";
import { type Behaviour, clientState, countsOf, type Crowd, makeCrowd, startClient, startService } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, usageOf } from "./measure.ts";

/** What the guest does, and how to see that it has begun. */
const FAULTS: Readonly<Record<string, { does: Behaviour; begun: Parameters<typeof clientState>[2] }>> = {
  "sends and never reads, 200 times": {
    does: { port: 7, count: 200, how: "flood" },
    begun: ({ opened, sent }) => opened === 200 && sent > 10_000_000,
  },
  "reads a byte a second, 200 times": {
    does: { port: 5030, count: 200, how: "trickle", everyMs: 1000 },
    begun: ({ opened, answers }) => opened === 200 && answers > 200,
  },
  "opens 10,000 connections": {
    does: { port: 7, count: 10_000, how: "silent" },
    begun: ({ opened, open }) => opened === 10_000 && open === 1024,
  },
  "sends FIN at once, 1000 times": {
    does: { port: 8, count: 1000, how: "half" },
    begun: ({ opened, open }) => opened === 1000 && open === 0,
  },
  "resets, 20 at once, over and over": {
    does: { port: 7, count: 20, how: "reset" },
    begun: ({ opened }) => opened > 100,
  },
  "opens and closes, 20 at once, over and over": {
    does: { port: 7, count: 20, how: "churn" },
    begun: ({ opened }) => opened > 100,
  },
};

/** Live streams of all daemons. */
async function live(crowd: Crowd): Promise<number> {
  return [...(await countsOf(crowd)).values()].reduce((sum, { live }) => sum + live, 0);
}

Deno.test(
  "whatever a guest does, others are served meanwhile, and nothing is left of it",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) + entry(8) });
    const { hv, gate, guest, neighbour, stranger } = crowd;
    await gate.text(["dd", "if=/dev/zero", "of=/run/nginx-5030/files/big", "bs=1M", "count=20", "status=none"]);
    await startService(gate, 7, "echo");
    await startService(gate, 8, "deaf");
    const others = [neighbour, stranger];
    const pids = await hv.status();
    let before = await ask(others);
    const idle = await usageOf(hv);
    for (const [name, { does, begun }] of Object.entries(FAULTS)) {
      const client: Background = startClient(guest, does);
      await clientState(client, `the guest ${name}`, begun, 60);
      const during = await ask(others);
      client.signal("SIGKILL");
      assertUndisturbed(name, others, before, during);
      await until(`all streams have ended after: ${name}`, async () => await live(crowd) === 0, 60);
      await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
      before = await ask(others);
      assertUndisturbed(`after: ${name}`, others, during, before);
    }
    assert.deepEqual(await hv.status(), pids);
  }),
);
