/**
 * A hostile peer on the string: a compromised inner can send anything there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { encodePreamble } from "../lib/protocol/proxy_v2.ts";
import { until } from "../packaging/command.ts";
import { outcomeOf, startAttack } from "./lab/attack.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, CONFIG, entry, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

function preamble(destinationPort: number, sourceAddr = "192.168.150.10"): Uint8Array {
  return encodePreamble({ sourceAddr, sourcePort: 40000, destinationAddr: "169.254.16.9", destinationPort });
}

/** A good preamble with other bytes somewhere. */
function damaged(index: number, ...bytes: number[]): string {
  const all = preamble(5030);
  all.set(bytes, index);
  return all.toHex();
}

async function warnings(hv: Hypervisor): Promise<Record<string, unknown>[]> {
  return (await hv.log("one_tproxy")).filter(({ level }) => level === "warning");
}

/** How often it has happened: one line may stand for many. */
function timesOf(lines: readonly Record<string, unknown>[]): number {
  return lines.reduce((sum, { times }) => sum + Number(times ?? 1), 0);
}

async function descriptorsOf(hv: Hypervisor): Promise<number> {
  const pid = (await hv.status()).get("one_tproxy");
  return (await hv.host.text(["ls", `/proc/${pid}/fd`])).trim().split("\n").length;
}

const BAD: Readonly<Record<string, string>> = {
  "a request": new TextEncoder().encode("GET / HTTP/1.1\r\nHost: 169.254.16.9\r\n\r\n").toHex(),
  "a version 1 preamble": new TextEncoder().encode(`PROXY TCP4 10.0.0.1 ${GATE} 40000 5030\r\n`).toHex(),
  "garbage": "ff*10000",
  "zeros": "00*10000",
  "one wrong letter in the signature": damaged(11, 0x0b),
  "another version": damaged(12, 0x31),
  "an unknown command": damaged(12, 0x22),
  "UDP": damaged(13, 0x12),
  "IPv6": damaged(13, 0x21),
  "a UNIX socket": damaged(13, 0x31),
  "no addresses": damaged(14, 0, 0),
  "addresses that are one byte short": damaged(14, 0, 11),
  "a preamble of 64 KiB": `${damaged(14, 0xff, 0xff)} 00*65523`,
  "a source port 0": damaged(24, 0, 0),
  "a service port 0": damaged(26, 0, 0),
};

Deno.test(
  "a peer without a good preamble is sent away at once with a line in the log, and guests notice nothing",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    // With the string, which stays.
    await assertServed(guest);
    const before = await descriptorsOf(hv);
    for (const [what, pieces] of Object.entries(BAD)) {
      const logged = timesOf(await warnings(hv));
      const { closed, ms, bytes } = await outcomeOf(startAttack(hv, { pieces: pieces.split(" ") }));
      assert.deepEqual({ closed, bytes }, { closed: 1, bytes: 0 }, what);
      assert.ok(ms < 4500, `${what}: closed after ${ms} ms`);
      const lines = await until(`${what} is logged`, async () => {
        const lines = await warnings(hv);
        return timesOf(lines) > logged && lines;
      });
      assert.equal(timesOf(lines), logged + 1, what);
      const text = JSON.stringify(lines.at(-1));
      assert.match(text, /Refused a stream without a good preamble/, what);
      assert.match(text, /"bridge":"br0".*PROXY v2/, what);
    }
    await assertServed(guest);
    await until("all is closed", async () => await descriptorsOf(hv) <= before);
  }),
);

Deno.test(
  "a peer reaches what its own bridge may, whoever it says it is",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab, CONFIG + entry(81, ", ':networks': 8", 5030));
    await hv.bridge("br1");
    const other = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.up("br0", "vnet0", "7");
    await hv.up("br1", "vnet1", "8");
    await hv.control("start");
    await assertServed(other, 81);
    // It claims to be the other bridge's guest, asks for the other bridge's service, and names the other bridge in a
    // field.
    const claim = new Uint8Array([...preamble(81, "192.168.151.10"), 0xe0, 0, 3, ...new TextEncoder().encode("br1")]);
    claim[15] = 12 + 6;
    const request = new TextEncoder().encode("GET /who HTTP/1.0\r\n\r\n").toHex();
    const refused = await outcomeOf(startAttack(hv, { pieces: [claim.toHex() + request] }));
    assert.deepEqual([refused.closed, refused.bytes], [1, 0]);
    const text = JSON.stringify((await warnings(hv)).at(-1));
    assert.match(text, /its network has no such service.*"bridge":"br0".*"guest":"192\.168\.151\.10:40000".*"port":81/);
    const served = await outcomeOf(startAttack(hv, { pieces: [preamble(5030).toHex() + request] }));
    assert.ok(served.closed === 1 && served.bytes > 0, "an attack that is none fails too");
  }),
);

Deno.test(
  "a thousand silent and slow peers are sent away after five seconds, and guests are answered all the while",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    // With the string, which stays.
    await assertServed(guest);
    const before = await descriptorsOf(hv);
    const whole = preamble(5030).toHex();
    const attacks = [
      startAttack(hv, { count: 500, pieces: [] }),
      startAttack(hv, { count: 490, pieces: [whole.slice(0, 40)] }),
      // It gets no more time for a byte now and then.
      startAttack(hv, { count: 10, pieces: whole.match(/../g) ?? [], pauseMs: 300 }),
    ];
    let answered = 0;
    const watch = async () => {
      const done = Promise.all(attacks.map(outcomeOf));
      let pending = true;
      void done.then(() => pending = false, () => pending = false);
      while (pending) {
        await assertServed(guest);
        answered++;
      }
      return done;
    };
    await until("all are in", () => Promise.resolve(attacks.every(({ output }) => output.includes("connected"))));
    for (const { ms } of await watch()) assert.ok(ms > 3000 && ms < 60_000, `closed after ${ms} ms`);
    assert.ok(answered > 5, `${answered} requests were answered`);
    const late = await until("all are logged", async () => {
      const late = (await warnings(hv)).filter(({ error }) => error === "it was not all there after 5 seconds");
      return timesOf(late) >= 1000 && late;
    });
    assert.equal(timesOf(late), 1000);
    assert.ok(late.length < 20, `${late.length} lines`);
    await until("all is closed", async () => await descriptorsOf(hv) <= before);
    await assertServed(guest);
  }),
);
