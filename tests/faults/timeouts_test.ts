/**
 * Timeouts, end to end: each ends the streams that exceed it, and no others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../packaging/command.ts";
import { assertServed, entry, inLab } from "../lab/scenario.ts";
import { clientState, makeCrowd, startClient, startService } from "./crowd.ts";

/** On the gate, not even a refusal comes from these ports. */
const NEVER_ACCEPT = `table ip f {
  chain i {
    type filter hook input priority 0
    tcp dport 1234-1235 drop
  }
}
`;

/** Milliseconds that something takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

Deno.test(
  "a service that never accepts is given up after the connect timeout, its own or that for all",
  inLab(async (lab) => {
    const { hv, gate, guest, neighbour } = await makeCrowd(lab, {
      settings: ":tproxy_connect_timeout: 3\n",
      entries: entry(1234, ", ':connect_timeout': 1") + entry(1235),
    });
    await gate.text(["nft", "-f", "-"], NEVER_ACCEPT);
    const ends = async (port: number) => {
      const { code } = await guest.run(["curl", "-sS", "--max-time", "60", `http://169.254.16.9:${port}/`]);
      assert.equal(code, 52, "curl did not get an end without an answer");
    };
    const [own, all] = await Promise.all([timed(() => ends(1234)), timed(() => ends(1235))]);
    // The log says which timeout ended each; here none may end too early.
    assert.ok(own > 900, `its own: ${own} ms`);
    assert.ok(all > 2900, `for all: ${all} ms`);
    const errors = (await hv.log("one_tproxy")).flatMap(({ message, error }) =>
      message === "Cannot reach the service" ? [String(error)] : []
    );
    assert.deepEqual(errors, [1, 3].map((s) => `TimedOut: it did not accept within ${s} seconds`));
    await assertServed(neighbour);
  }),
);

Deno.test(
  "a stream that is silent both ways ends after the idle timeout, and one that speaks now and then does not",
  inLab(async (lab) => {
    const { gate, guest, neighbour, hv } = await makeCrowd(lab, {
      entries: entry(7, ", ':idle_timeout': 3") + entry(8, ", ':idle_timeout': 3"),
    });
    await startService(gate, 7, "echo");
    await startService(gate, 8, "deaf");
    const speaks = startClient(neighbour, { port: 7, count: 3, how: "echo", everyMs: 300 });
    const silent = startClient(guest, { port: 7, count: 3, how: "silent" });
    const took = await timed(async () => {
      await clientState(silent, "all are open", ({ open }) => open === 3);
      await clientState(silent, "all are closed", ({ opened, open }) => opened === 3 && open === 0);
    });
    assert.ok(took > 2700, `closed after ${took} ms`);
    // Data in one direction is enough.
    const flood = startClient(guest, { port: 8, count: 1, how: "flood" });
    const { sent } = await clientState(flood, "it sends", ({ sent }) => sent > 0);
    const { answers, open } = await clientState(speaks, "it is answered for 5 seconds", ({ answers }) => answers > 50);
    assert.ok(open === 3 && answers > 50);
    const later = await clientState(flood, "it still sends", (state) => state.sent > sent);
    assert.equal(later.open, 1);
    // Both halves wait for the same three seconds; the one that looks first ends the stream for the other.
    const logs = [...await hv.log("one_tproxy_br0"), ...await hv.log("one_tproxy")];
    assert.ok(logs.filter(({ why }) => why === "TimedOut: silent for 3 seconds").length >= 3);
  }),
);

Deno.test(
  "an inner that sends no preamble is refused after the header timeout",
  inLab(async (lab) => {
    const { hv, guest } = await makeCrowd(lab, { settings: ":tproxy_header_timeout: 1\n" });
    const path = "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket";
    const silent = await timed(async () => {
      // Otherwise it would wait for a minute.
      await hv.host.text(["socat", "-u", "-T", "60", `UNIX-CONNECT:${path}`, "-"]);
    });
    assert.ok(silent > 700 && silent < 50_000, `closed after ${silent} ms`);
    await until("it is logged", async () => {
      const log = await hv.log("one_tproxy");
      return log.some(({ error }) => error === "it was not all there after 1 seconds");
    });
    await assertServed(guest);
  }),
);

Deno.test(
  "stop lets a stream end within the drain timeout, and ends it then",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeCrowd(lab, { settings: ":tproxy_drain_timeout: 10\n", entries: entry(7) });
    await startService(gate, 7, "echo");
    const client = startClient(guest, { port: 7, count: 2, how: "echo" });
    await clientState(client, "both are served", ({ answers }) => answers > 2);
    const took = await timed(async () => {
      const stopped = hv.control("stop");
      await until("they drain", async () => /draining/.test(await hv.host.text(["ps", "-eo", "args="])));
      const { answers } = await clientState(client, "it speaks", () => true);
      await clientState(client, "they are still served", (state) => state.answers > answers + 4 && state.open === 2);
      await stopped;
    });
    assert.ok(took > 9900, `stopped after ${took} ms`);
    await clientState(client, "both are closed", ({ open }) => open === 0);
    await hv.control("start");
    const brief = startClient(guest, { port: 7, count: 2, how: "echo" });
    await clientState(brief, "both are served", ({ answers }) => answers > 2);
    const soon = await timed(async () => {
      const stopped = hv.control("stop");
      await until("they drain", async () => /draining/.test(await hv.host.text(["ps", "-eo", "args="])));
      brief.signal("SIGKILL");
      await stopped;
    });
    assert.ok(soon < 9900, `stopped after ${soon} ms`);
  }),
);
