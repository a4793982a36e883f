/**
 * Peers that reset, vanish or never send anything: the other side is told, and nothing hangs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../packaging/command.ts";
import { entry, inLab } from "../lab/scenario.ts";
import { latest } from "../lab/script.ts";
import { type ClientState, clientState, countNothing, makeCrowd, PROXY, startClient, startService } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, usageOf } from "./measure.ts";

Deno.test(
  "a reset by the service ends the guest's stream at once",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) + entry(8) });
    const { hv, gate, guest, neighbour, stranger } = crowd;
    await startService(gate, 7, "reset");
    await startService(gate, 8, "cut");
    const before = await ask([neighbour, stranger]);
    const idle = await usageOf(hv);
    for (const port of [7, 8]) {
      // Without an end it would wait for the idle timeout, which is an hour.
      const script = `exec 3<>/dev/tcp/${PROXY}/${port}; printf x >&3; wc -c <&3`;
      const { stdout } = await guest.run(["timeout", "60", "bash", "-c", script]);
      assert.match(stdout, /^\d+\n$/, "the stream did not end");
      assert.ok(Number(stdout) <= (port === 7 ? 0 : 100_000), stdout);
    }
    const client = startClient(guest, { port: 7, count: 300, how: "echo" });
    await clientState(client, "all have ended", ({ opened, open }) => opened === 300 && open === 0);
    assertUndisturbed("a service resets", [neighbour, stranger], before, await ask([neighbour, stranger]));
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
    await until("no stream is counted", () => countNothing(crowd));
  }),
);

Deno.test(
  "a reset by the guest soon ends the service's connection, one that never ends anything included",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) + entry(8) });
    const { hv, gate, guest } = crowd;
    await startService(gate, 7, "deaf");
    await startService(gate, 8, "silent");
    const idle = await usageOf(hv);
    for (const port of [7, 8]) {
      // It ends by itself: one that is killed ends a connection by a FIN, after which a silent service has an hour.
      const client = startClient(guest, { port, count: 5, how: "reset", everyMs: 5, times: 41 });
      assert.equal(await client.ended(), 0, client.output);
      assert.equal(latest<ClientState>(client)?.opened, 205);
      await until("no connection to the service is up", async () => {
        return !/ESTAB/.test(await hv.host.text(["ss", "-Htn", "dst", "10.11.12.13"]));
      });
      await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
      await until("no stream is counted", () => countNothing(crowd));
    }
  }),
);

Deno.test(
  "a service that accepts and says nothing costs its own streams, until their idle timeout",
  inLab(async (lab) => {
    const { hv, gate, guest, neighbour, stranger } = await makeCrowd(lab, {
      entries: entry(7, ", ':idle_timeout': 6"),
    });
    await startService(gate, 7, "silent");
    const others = [neighbour, stranger];
    const before = await ask(others);
    const idle = await usageOf(hv);
    const client = startClient(guest, { port: 7, count: 500, how: "echo" });
    await clientState(
      client,
      "all wait",
      ({ opened, open, answers }) => opened === 500 && open === 500 && answers === 0,
    );
    assertUndisturbed("a service says nothing", others, before, await ask(others));
    client.signal("SIGKILL");
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
  }),
);

Deno.test(
  "both TCP legs have keepalive, so that a guest or service that vanishes does not stay for ever",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    const client = startClient(guest, { port: 7, count: 1, how: "echo", everyMs: 60_000 });
    await clientState(client, "it is served", ({ answers }) => answers === 1);
    const legs = [["ip", "netns", "exec", "one_tproxy_br0", "ss"], ["ss"]];
    for (const [i, argv] of legs.entries()) {
      const filter = i === 0 ? ["sport", "7"] : ["dport", "7"];
      await until(`leg ${i} has keepalive`, async () => {
        return /^ESTAB.*timer:\(keepalive,/m.test(await hv.host.text([...argv, "-Htno", ...filter]));
      });
    }
  }),
);
