/**
 * Limits on connections, end to end: streams over a limit are refused, and no others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../packaging/command.ts";
import { CONFIG, entry, inLab, isServed } from "../lab/scenario.ts";
import { clientState, countsOf, type Crowd, makeCrowd, PROXY, startClient, startService } from "./crowd.ts";

const SETTINGS = `:tproxy_max_connections: 8
:tproxy_max_connections_per_bridge: 6
:tproxy_max_connections_per_guest: 4
`;
/** A guest with many addresses. */
const HOLD = new URL("../fixtures/hold.pl", import.meta.url).pathname;

const ENTRIES = entry(7) + entry(8, ", ':max_connections': 2") + entry(9, ", ':max_connections_per_guest': 1");

/** How often the log says that a limit was reached, and in how many lines. */
async function refusals({ hv }: Crowd, title: string, limit: string): Promise<{ times: number; lines: number }> {
  const lines = (await hv.log(title)).filter((line) => line["limit"] === limit);
  for (const line of lines) assert.match(`${line["level"]} ${line["message"]}`, /^warning Refused a .*: too many/);
  return { times: lines.reduce((sum, { times }) => sum + Number(times), 0), lines: lines.length };
}

Deno.test(
  "over each limit the newest stream is refused, counted and logged, and the earlier ones go on",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { settings: SETTINGS, entries: ENTRIES });
    const { gate, guest, neighbour, stranger } = crowd;
    for (const port of [7, 8, 9]) await startService(gate, port, "echo");
    // Guest, port, streams it opens, streams that stay, the proxy that refuses the others, and its limit.
    const steps = [
      [guest, 8, 3, 2, "one_tproxy_br0", ":max_connections:"],
      [guest, 9, 3, 1, "one_tproxy_br0", ":max_connections_per_guest:"],
      [guest, 7, 3, 1, "one_tproxy_br0", ":tproxy_max_connections_per_guest:"],
      [neighbour, 7, 5, 2, "one_tproxy_br0", ":tproxy_max_connections_per_bridge:"],
      [stranger, 7, 4, 2, "one_tproxy", ":tproxy_max_connections:"],
    ] as const;
    const clients = [];
    const refused = new Map<string, number>();
    for (const [from, port, count, stay, title, limit] of steps) {
      const client = startClient(from, { port, count, how: "echo" });
      clients.push({ client, stay });
      await clientState(client, `${stay} of ${count} stay`, ({ opened, open }) => opened === count && open === stay);
      refused.set(title, (refused.get(title) ?? 0) + count - stay);
      const logged = await until(`all are logged for ${limit}`, async () => {
        const { times } = await refusals(crowd, title, limit);
        return times >= count - stay && times;
      });
      assert.equal(logged, count - stay, limit);
    }
    for (const { client, stay } of clients) {
      const before = (await clientState(client, "it speaks", () => true)).answers;
      const after = await clientState(client, "it is answered", ({ answers }) => answers > before + stay);
      assert.equal(after.open, stay);
    }
    await until("the refused are counted", async () => {
      const counts = await countsOf(crowd);
      return [...refused].every(([title, count]) => counts.get(title)?.refused === count);
    });
  }),
);

Deno.test(
  "a guest that has filled its bridge from 15 addresses leaves its neighbour some, and is not cut off for that",
  inLab(async (lab) => {
    const settings = ":tproxy_max_connections_per_bridge: 1024\n:tproxy_max_connections_per_guest: 256\n";
    const crowd = await makeCrowd(lab, { settings, entries: entry(7) });
    const { gate, guest, neighbour } = crowd;
    await startService(gate, 7, "echo");
    const addresses = Array.from({ length: 15 }, (_, i) => `192.168.150.${i + 100}`);
    await guest.ip(...addresses.map((address) => `address add ${address}/24 dev eth0`));
    const greedy = guest.start(["perl", HOLD, PROXY, "7", "256", ...addresses]);
    const { open } = await clientState(
      greedy,
      "it has all that it gets",
      ({ opened, open }) => opened === 15 * 256 && open <= 3 * 256 + 12,
    );
    assert.equal(open, 3 * 256 + 12);
    const modest = startClient(neighbour, { port: 7, count: 1, how: "echo" });
    await clientState(modest, "the neighbour is served", ({ answers }) => answers > 2);
    assert.equal((await clientState(greedy, "it goes on", () => true)).open, open);
    const { times } = await refusals(crowd, "one_tproxy_br0", ":tproxy_max_connections_per_bridge:");
    assert.ok(times > 0);
  }),
);

Deno.test(
  "a guest that opens connections too fast has a burst, then some a second, and its neighbour is not held up",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { settings: ":tproxy_connection_rate_per_guest: 2\n", entries: entry(7) });
    const { hv, gate, guest, neighbour } = crowd;
    await startService(gate, 7, "echo");
    const start = performance.now();
    const hasty = startClient(guest, { port: 7, count: 100, how: "echo" });
    const { open } = await clientState(hasty, "all were tried", ({ opened, open, answers }) => {
      return opened === 100 && open < 100 && answers >= open;
    });
    const seconds = Math.ceil((performance.now() - start) / 1000);
    assert.ok(open >= 20 && open <= 20 + 2 * seconds, `${open} after ${seconds} s`);
    const limit = ":tproxy_connection_rate_per_guest:";
    await until("the others are logged", async () => {
      return (await refusals(crowd, "one_tproxy_br0", limit)).times === 100 - open;
    });
    await until("they are counted", async () => (await countsOf(crowd)).get("one_tproxy_br0")?.refused === 100 - open);
    const calm = startClient(neighbour, { port: 7, count: 20, how: "echo" });
    await clientState(calm, "the neighbour has its burst", ({ open, answers }) => open === 20 && answers > 20);
    // The guest gets another one after half a second, whatever it has.
    await until("it is served again", () => isServed(guest));
    await hv.configure(CONFIG + entry(7));
    await hv.control("reload");
    const free = startClient(guest, { port: 7, count: 100, how: "echo" });
    await clientState(free, "without the limit it has all", ({ open, answers }) => open === 100 && answers > 100);
  }),
);

Deno.test(
  "a burst over the limit is logged once a second, and all of it is counted",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { settings: ":tproxy_max_connections_per_guest: 5\n", entries: entry(7) });
    await startService(crowd.gate, 7, "echo");
    const start = performance.now();
    const client = startClient(crowd.guest, { port: 7, count: 2000, how: "echo" });
    await clientState(client, "all but 5 are refused", ({ opened, open }) => opened === 2000 && open === 5);
    const { times, lines } = await until("all are logged", async () => {
      const logged = await refusals(crowd, "one_tproxy_br0", ":tproxy_max_connections_per_guest:");
      return logged.times >= 1995 && logged;
    });
    const seconds = (performance.now() - start) / 1000;
    assert.equal(times, 1995);
    assert.ok(lines <= seconds + 2, `${lines} lines in ${seconds} seconds`);
  }),
);

Deno.test(
  "a reload brings changed limits into force in the same processes, and cuts nobody",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { settings: ":tproxy_max_connections_per_guest: 2\n", entries: entry(7) });
    const { hv, gate, guest } = crowd;
    await startService(gate, 7, "echo");
    const pids = await hv.status();
    const open = async (count: number, stay: number) => {
      const client = startClient(guest, { port: 7, count, how: "echo" });
      await clientState(client, `${stay} of ${count} stay`, ({ opened, open }) => opened === count && open === stay);
      return client;
    };
    const first = await open(3, 2);
    await hv.configure(`:tproxy_max_connections_per_guest: 4\n${CONFIG}${entry(7)}`);
    await hv.control("reload");
    const second = await open(3, 2);
    await hv.configure(`:tproxy_max_connections_per_guest: 1\n${CONFIG}${entry(7)}`);
    await hv.control("reload");
    await open(1, 0);
    await hv.configure(`${CONFIG}${entry(7, ", ':max_connections': 5")}`);
    await hv.up("br0");
    await hv.control("reload");
    await open(3, 1);
    for (const client of [first, second]) {
      const { answers } = await clientState(client, "it speaks", () => true);
      assert.equal((await clientState(client, "it is answered", (state) => state.answers > answers + 2)).open, 2);
    }
    assert.deepEqual(await hv.status(), pids);
  }),
);
