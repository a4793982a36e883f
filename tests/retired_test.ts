/**
 * Replaced proxies that finish their streams: how many streams, for how long, and how many such proxies.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ProxyStatus, Status } from "../lib/commands/status.ts";
import { clientState, type Crowd, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import { type Background, until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { entry, inLab } from "./lab/scenario.ts";

/** A hypervisor with an echo service at port 7. */
async function makeEcho(lab: Parameters<Parameters<typeof inLab>[0]>[0], settings: string): Promise<Crowd> {
  const crowd = await makeCrowd(lab, { settings, entries: entry(7) + entry(8) });
  for (const port of [7, 8]) await startService(crowd.gate, port, "echo");
  return crowd;
}

/** Has a guest try to open some streams; returns how many of them are served. */
async function open(guest: Host, count: number, port = 7): Promise<{ client: Background; open: number }> {
  const client = startClient(guest, { port, count, how: "echo" });
  const { answers } = await clientState(client, "all are tried", ({ opened }) => opened === count);
  // The served streams have had several more answers by then, so the refused ones are closed.
  const settled = await clientState(client, "they are served", (now) => now.answers >= answers + 5 * now.open);
  return { client, open: settled.open };
}

async function proxiesOf(hv: Hypervisor): Promise<readonly ProxyStatus[]> {
  const status: Status = JSON.parse((await hv.tproxy("status", "--json")).stdout);
  return status.proxies;
}

Deno.test(
  "limits hold for a proxy and its predecessors together, and what a predecessor gives up is free again",
  inLab(async (lab) => {
    const { hv, guest, neighbour, stranger } = await makeEcho(
      lab,
      ":tproxy_max_connections: 9\n:tproxy_max_connections_per_bridge: 7\n:tproxy_max_connections_per_guest: 5\n",
    );
    const first = await open(guest, 8);
    assert.equal(first.open, 5);
    for (let i = 0; i < 4; i++) {
      await hv.control("restart");
      assert.equal((await open(guest, 3)).open, 0, `after ${i + 1} restarts`);
    }
    // The bridge has 7 streams and the hypervisor 9, in whichever proxies.
    assert.equal((await open(neighbour, 4)).open, 2);
    await hv.control("restart");
    assert.equal((await open(neighbour, 4)).open, 0);
    assert.equal((await open(stranger, 4)).open, 2);
    await hv.control("restart");
    assert.equal((await open(stranger, 4)).open, 0);
    assert.equal((await clientState(first.client, "it speaks", () => true)).open, 5);
    await first.client[Symbol.asyncDispose]();
    await until("there is room again", async () => (await open(guest, 5)).open === 5);
  }),
);

/** How many processes of a title there are, those that only finish their streams included. */
async function processes(hv: Hypervisor, title: string): Promise<number> {
  const lines = (await hv.host.text(["ps", "-eo", "args="])).split("\n");
  return lines.filter((line) => line === title || line === `${title} (draining)`).length;
}

Deno.test(
  "status --json tells which replaced proxies there are, since when, and how many streams each still has",
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await makeEcho(lab, "");
    const clients = [await open(guest, 2), await open(neighbour, 3)];
    const before = await proxiesOf(hv);
    assert.ok(before.every(({ draining, live }) => !draining && live === undefined));
    await hv.control("restart");
    const replaced = (await proxiesOf(hv)).filter(({ draining }) => draining);
    // The inner of br1 had no stream, and is gone.
    assert.deepEqual(
      replaced.map(({ title, bridge, pid, since, live, counts }) => ({ title, bridge, pid, since, live, counts })),
      before.slice(0, 2).map(({ title, bridge, pid }, i) => {
        return { title, bridge, pid, since: replaced[i]?.since, live: 5, counts: undefined };
      }),
    );
    for (const { since } of replaced) assert.ok(Math.abs(Date.parse(since) - Date.now()) < 120_000, since);
    await clients[0]?.client[Symbol.asyncDispose]();
    await until("the streams that ended are not counted any more", async () => {
      const proxies = (await proxiesOf(hv)).filter(({ draining }) => draining);
      return proxies.length === 2 && proxies.every(({ live }) => live === 3);
    });
    await clients[1]?.client[Symbol.asyncDispose]();
    await until("the replaced proxies have gone", async () => (await proxiesOf(hv)).every(({ draining }) => !draining));
  }),
);

Deno.test(
  "a replaced proxy ends after the hard stop, and says what it closed; its successor's streams go on",
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await makeEcho(lab, ":tproxy_hard_stop_after: 3\n");
    const old = await open(guest, 2);
    await hv.control("restart");
    const young = await open(neighbour, 2);
    await clientState(old.client, "the old streams are closed", ({ open }) => open === 0);
    await until(
      "the replaced proxies have ended",
      async () => (await proxiesOf(hv)).every(({ draining }) => !draining),
    );
    // Either of the two may close them first.
    const lines = (await Promise.all(["one_tproxy", "one_tproxy_br0"].map((title) => hv.log(title)))).flat();
    const said = lines.find(({ message }) => /:tproxy_hard_stop_after:/.test(String(message)));
    assert.deepEqual([said?.["level"], said?.["streams"]], ["warning", 2]);
    assert.equal((await clientState(young.client, "it speaks", () => true)).open, 2);
  }),
);

Deno.test(
  "there are never more than eight proxies of one title: the oldest that is replaced makes room, with a warning",
  inLab(async (lab) => {
    const { hv, guest } = await makeEcho(lab, ":tproxy_drain_timeout: 1\n");
    const clients = [];
    for (let i = 0; i < 9; i++) {
      clients.push((await open(guest, 1)).client);
      const { stderr } = await hv.control("restart");
      const full = /Too many replaced proxies still have streams; ending the oldest \(title=one_tproxy,/.test(stderr);
      assert.equal(full, i >= 7, `restart ${i + 1}: ${stderr}`);
      for (const title of ["one_tproxy", "one_tproxy_br0"]) {
        assert.equal(await processes(hv, title), Math.min(i + 2, 8), `${title} after ${i + 1} restarts`);
      }
    }
    const open_ = await Promise.all(clients.map((client, i) => {
      return clientState(client, `${i}`, ({ open }) => open === (i < 2 ? 0 : 1));
    }));
    assert.deepEqual(open_.map(({ open }) => open), [0, 0, 1, 1, 1, 1, 1, 1, 1]);
  }),
);

Deno.test(
  "a replaced proxy that hangs is ended when it should have ended by itself",
  inLab(async (lab) => {
    const { hv, guest } = await makeEcho(lab, ":tproxy_hard_stop_after: 1\n:tproxy_drain_timeout: 1\n");
    await open(guest, 1);
    const pid = (await hv.status()).get("one_tproxy_br0");
    await hv.control("restart");
    await hv.host.text(["kill", "-STOP", String(pid)]);
    await until("it is ended", async () => {
      await hv.control("start");
      return (await proxiesOf(hv)).every(({ draining }) => !draining);
    }, 60);
    await hv.control("start");
    assert.notEqual((await hv.host.run(["test", "-e", "/run/one_tproxy/retired-proxies.json"])).code, 0);
  }),
);

Deno.test(
  "no content of a replaced proxy's file hurts its successor or status",
  inLab(async (lab) => {
    const { hv, guest, neighbour } = await makeEcho(lab, ":tproxy_max_connections_per_guest: 2\n");
    await open(guest, 2);
    await hv.control("restart");
    const files = (await hv.host.text(["find", "/run/one_tproxy", "-name", "*-usage.*"])).trim().split("\n");
    const deep = `yes [ | tr -d '\\n' | head -c 60000 >"$0"`;
    for (const write of [deep, 'head -c 1000000 /dev/zero >"$0"', 'truncate -s 3G "$0"']) {
      for (const file of files) await hv.host.text(["sh", "-c", write, file]);
      const { client, open: served } = await open(neighbour, 1);
      assert.equal(served, 1, write);
      await client[Symbol.asyncDispose]();
      assert.ok((await proxiesOf(hv)).some(({ draining }) => draining), write);
    }
  }),
);

Deno.test(
  "no proxy opens a debugger, whatever signal it gets",
  inLab(async (lab) => {
    const { hv, guest } = await makeEcho(lab, "");
    const { client } = await open(guest, 1);
    const replaced = await hv.pids();
    await hv.control("restart");
    const serving = await hv.pids();
    // On this signal Deno listens for a debugger, and whoever connects can run any code in the proxy.
    await hv.host.text(["kill", "-s", "USR1", "--", ...[...replaced, ...serving].map(String)]);
    await hv.control("reload");
    const { answers } = await clientState(client, "it speaks", () => true);
    await clientState(client, "it is answered a while later", (now) => now.open === 1 && now.answers > answers + 10);
    assert.doesNotMatch(await hv.host.text(["ss", "-Htlnp"]), /deno|one_tproxy/);
    for (const title of ["one_tproxy", "one_tproxy_br0"]) {
      assert.doesNotMatch(await hv.host.text(["cat", `/var/log/${title}.log`]), /inspector|debugger/i);
    }
    assert.deepEqual(await hv.pids(), serving);
  }),
);
