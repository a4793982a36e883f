/**
 * From drop-in to full, or to hooks, while guests are live: `setup` takes over what OpenNebula's own driver has made.
 *
 * @module
 */

import assert from "node:assert/strict";
import { clientState, startClient, startService } from "./faults/crowd.ts";
import { until } from "../packaging/command.ts";
import { driverUp } from "./lab/driver.ts";
import { ADDRESS, knownMac, proxyMac, receives, withNeighbour } from "./lab/layer2.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, entry, fetchFrom, inLab, makeScenario } from "./lab/scenario.ts";

Deno.test(
  "a guest whose bridge is taken over keeps its stream, and each of them opens others at once",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab, CONFIG + entry(7));
    const idle = await lab.guest("guest2", hv, "br0", "192.168.150.11");
    await driverUp(hv, 5030);
    await hv.host.text(["nft", "add element ip one_tproxy ep_br0 { 7 : 10.11.12.13 . 7 }"]);
    await hv.control("start");
    await startService(gate, 7, "echo");
    const client = startClient(guest, { port: 7, count: 1, how: "echo", everyMs: 10 });
    const { answers } = await clientState(client, "the stream is live", (state) => state.answers > 10);
    for (const each of [guest, idle]) await assertServed(each);
    const before = await proxyMac(hv);
    await hv.up("br0");
    await hv.control("reload");
    const after = await proxyMac(hv);
    assert.notEqual(after, before);
    for (const each of [guest, idle]) {
      // A guest that is not told finds out after half a minute.
      await until(`${each.name} knows`, async () => await knownMac(each) === after, 10);
      await assertServed(each);
    }
    const state = await clientState(client, "the stream goes on", (state) => state.answers > answers + 1000);
    assert.deepEqual([state.opened, state.open], [1, 1]);
  }),
);

Deno.test(
  "announcements to guests stay on their hypervisor, when their bridge is set up and when it is taken over",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await withNeighbour(lab);
    await hv.control("stop");
    await hv.down("br0");
    const beyond = await receives(neighbour, "vx12", "arp", async () => {
      await hv.up("br0");
      await hv.down("br0");
      await driverUp(hv, 5030);
      await hv.control("start");
      await fetchFrom(guest, "/who");
      const here = await receives(guest, "eth0", "arp", () => hv.up("br0"));
      assert.match(here, /Request who-has 169\.254\.16\.9 .*tell 169\.254\.16\.9/);
      // All that was sent before has arrived when this has.
      await guest.run(["arping", "-q", "-c", "1", "-w", "2", "-I", "eth0", "192.168.150.77"]);
    });
    assert.match(beyond, /who-has 192\.168\.150\.77/, "the capture saw nothing at all");
    assert.doesNotMatch(beyond, new RegExp(`tell ${ADDRESS}`));
  }),
);
