/**
 * The string, end to end: what becomes of its streams when a half ends or has been taken over, and of a large stream.
 *
 * @module
 */

import assert from "node:assert/strict";
import { encodeHello } from "../lib/protocol/hello.ts";
import { clientState, countsOf, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import { areBack, ask, assertUndisturbed, usageOf } from "./faults/measure.ts";
import { outcomeOf, startAttack } from "./lab/attack.ts";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, CONFIG, entry, inLab, served } from "./lab/scenario.ts";

/** How many connections outer has accepted on a bridge's socket and not closed, from inner or from the host itself. */
async function connectionsOf(hv: Hypervisor, from: "inner" | "host" = "inner"): Promise<number> {
  // They belong to the namespace of whoever has connected, and keep the name under which the socket was bound, which is
  // the same for all bridges.
  const enter = from === "inner" ? ["ip", "netns", "exec", "one_tproxy_br0"] : [];
  const lines = (await hv.host.text([...enter, "ss", "-Hx", "state", "established"])).split("\n");
  return lines.filter((line) => /\/string\.\d\.socket /.test(line)).length;
}

Deno.test(
  "1,000 live streams of guests end at once with outer, and guests are served again as soon as it is back",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) });
    const { hv, gate, guest, neighbour } = crowd;
    await startService(gate, 7, "echo");
    const client = startClient(guest, { port: 7, count: 1000, how: "echo", everyMs: 1000 });
    await clientState(client, "all are served", ({ open, answers }) => open === 1000 && answers > 1000);
    assert.equal(await connectionsOf(hv), 1, "each stream has a connection of its own");
    await hv.kill("one_tproxy");
    await clientState(client, "all have ended", ({ open }) => open === 0, 10);
    const lost = (await hv.log("one_tproxy_br0")).find(({ message }) => /^Lost the string/.test(String(message)));
    assert.deepEqual([lost?.["level"], lost?.["streams"]], ["error", 1000]);
    await hv.control("start");
    for (const each of [guest, neighbour]) await assertServed(each);
    await until("no other stream is counted", async () => (await countsOf(crowd)).get("one_tproxy_br0")?.live === 0);
  }),
);

Deno.test(
  "1,000 live streams of services end at once with their inner, and another bridge's go on",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) });
    const { hv, gate, guest, stranger } = crowd;
    await startService(gate, 7, "silent");
    const idle = await usageOf(hv);
    const client = startClient(guest, { port: 7, count: 1000, how: "silent" });
    const other = startClient(stranger, { port: 7, count: 2, how: "silent" });
    await until("outer carries all", async () => (await countsOf(crowd)).get("one_tproxy")?.live === 1002);
    await hv.kill("one_tproxy_br0");
    await until("outer has closed them", async () => (await countsOf(crowd)).get("one_tproxy")?.live === 2);
    assert.equal((await clientState(other, "it goes on", () => true)).open, 2);
    for (const each of [client, other]) each.signal("SIGKILL");
    const outer = new Map([...idle].filter(([title]) => title === "one_tproxy"));
    await until("the descriptors are back", async () => areBack(outer, await usageOf(hv)));
  }),
);

Deno.test(
  "100 uploads to a service that reads nothing take little memory, and nobody else's time",
  inLab(async (lab) => {
    const { hv, gate, guest, neighbour, stranger } = await makeCrowd(lab, { entries: entry(7) });
    const service = await startService(gate, 7, "silent");
    const others = [neighbour, stranger];
    const before = await ask(others);
    const idle = await usageOf(hv);
    const flood = startClient(guest, { port: 7, count: 100, how: "flood" });
    await clientState(flood, "all are stuck", ({ opened, sent }) => opened === 100 && sent > 10_000_000);
    for (let i = 0; i < 3; i++) assertUndisturbed("a service reads nothing", others, before, await ask(others));
    for (const [title, { rss }] of await usageOf(hv)) {
      const grown = rss - (idle.get(title)?.rss ?? 0);
      assert.ok(grown < 60_000, `${title} has grown by ${grown} kB`);
    }
    // Half a stream lives as long as its service, or until the idle timeout.
    for (const each of [flood, service]) each.signal("SIGKILL");
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
  }),
);

Deno.test(
  "a large stream gets a connection of its own, which is gone with it, and of 100 only a few do",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "deaf");
    await assertServed(guest);
    assert.equal(await connectionsOf(hv), 1);
    for (const [count, most] of [[1, 2], [100, 5]] as const) {
      const upload = startClient(guest, { port: 7, count, how: "flood" });
      await until(`${most} connections are there`, async () => await connectionsOf(hv) === most);
      await clientState(upload, "much has been sent", ({ sent }) => sent > count * 2_000_000);
      assert.equal(await connectionsOf(hv), most);
      upload.signal("SIGKILL");
      await until("the string alone is left", async () => await connectionsOf(hv) === 1);
    }
  }),
);

/** On the gate, not even a refusal comes from this port. */
const NEVER_ACCEPT = "table ip f { chain i { type filter hook input priority 0; tcp dport 1234 drop; }; }\n";

const STRING = encodeHello({ string: 7, channel: undefined }).toHex();
const OPEN = "0100000800000001c0a8960a9c4013a6";
/** To a service that never accepts, so that nothing is taken. */
const TO_NOBODY = OPEN.slice(0, -4) + "04d2";
const OFFENCES: Readonly<Record<string, string>> = {
  "a request in place of frames": new TextEncoder().encode("GET / HTTP/1.1\r\nHost: 169.254.16.9\r\n\r\n").toHex(),
  "a stream that is opened twice": OPEN + OPEN,
  "more bytes than there is credit for": `${TO_NOBODY} 0201000000000001 00*65536 020000010000000100`,
  "a frame of 16 MiB": `${OPEN} 02ffffff00000001`,
  "a frame for a stream that was never opened": "0300000000000009",
};

Deno.test(
  "an inner that breaks the protocol loses its string, which is logged, and nobody else loses anything",
  inLab(async (lab) => {
    const { hv, gate, guest, stranger } = await makeCrowd(lab, { entries: entry(7) + entry(1234) });
    await gate.text(["nft", "-f", "-"], NEVER_ACCEPT);
    await startService(gate, 7, "echo");
    const clients = [guest, stranger].map((host) => startClient(host, { port: 7, count: 3, how: "echo" }));
    for (const client of clients) await clientState(client, "it is served", ({ answers }) => answers > 5);
    const offences = async () =>
      (await hv.log("one_tproxy")).filter(({ message }) => message === "Ended a string that broke the protocol");
    let known = 0;
    for (const [what, pieces] of Object.entries(OFFENCES)) {
      const attack = startAttack(hv, { pieces: [STRING, ...pieces.split(" ")] });
      const { closed, ms } = await outcomeOf(attack);
      assert.equal(closed, 1, what);
      assert.ok(ms < 4500, `${what}: closed after ${ms} ms`);
      const lines = await until(`${what} is logged`, async () => {
        const lines = await offences();
        return lines.length > known && lines;
      });
      known = lines.length;
      assert.deepEqual([lines.at(-1)?.["level"], lines.at(-1)?.["bridge"]], ["warning", "br0"], what);
    }
    for (const client of clients) {
      const { answers } = await clientState(client, "it speaks", () => true);
      assert.equal((await clientState(client, "it is answered", (now) => now.answers > answers + 6)).open, 3);
    }
    for (const host of [guest, stranger]) await assertServed(host);
  }),
);

Deno.test(
  "strings without end, and connections for streams that there are not, are refused, and guests are served",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG);
    await assertServed(guest);
    // All at once, and all with the same number.
    const same = startAttack(hv, { count: 200, pieces: [encodeHello({ string: 7, channel: undefined }).toHex()] });
    await until("they are there", () => Promise.resolve(same.output.includes("connected")));
    const strings = Array.from({ length: 40 }, (_, i) => {
      return startAttack(hv, { pieces: [encodeHello({ string: 100 + i, channel: undefined }).toHex()] });
    });
    await until("it is logged", async () => {
      return (await hv.log("one_tproxy")).some(({ message }) => /the bridge has too many/.test(String(message)));
    });
    await until("no more than 16 are there", async () => await connectionsOf(hv, "host") === 16 - 1);
    await assertServed(guest, 5030, "the string that was there is of use");
    const bulk = startAttack(hv, { count: 20, pieces: [encodeHello({ string: 100, channel: 5 }).toHex()] });
    assert.equal((await outcomeOf(bulk)).closed, 20);
    assert.equal((await outcomeOf(same)).bytes, 16, "one of them is answered");
    for (const attack of strings) attack.signal("SIGKILL");
    await assertServed(guest);
  }),
);
