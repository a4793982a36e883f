/**
 * The bytes that arrive are those that were sent, in pieces of any size, whichever side ends first.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { until } from "../../packaging/command.ts";
import { entry, inLab } from "../lab/scenario.ts";
import { latest, startScript } from "../lab/script.ts";
import { makeCrowd, PROXY, startService } from "./crowd.ts";

/** Small pieces, those around every buffer's size, and large ones. */
const length = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(4095, 4096, 4097, 8192, 32_768, 65_536, 262_144, 262_145),
  fc.integer({ min: 1, max: 300_000 }),
);
const stream = fc.record({
  writes: fc.array(length, { maxLength: 12 }),
  reads: fc.array(length, { minLength: 1, maxLength: 4 }),
  early: fc.boolean(),
}).map((stream) => {
  // Bytes that are not read while they are sent have to fit into the buffers on the way.
  const early = stream.early || stream.writes.reduce((sum, length) => sum + length, 0) > 100_000;
  return { ...stream, early };
});

Deno.test(
  "every byte comes back from an echo, for random pieces, on several streams at once",
  inLab(async (lab) => {
    const { gate, guest } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 8 }), async (streams) => {
        const exchange = startScript(guest, "exchange.js", PROXY, { hostname: PROXY, port: 7, streams });
        assert.equal(await exchange.ended(), 0, exchange.output);
        assert.equal(exchange.output, "all came back\n");
      }),
      { numRuns: 25 },
    );
  }),
);

Deno.test(
  "whoever sends FIN first, the other one's bytes arrive, and then the stream is gone",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeCrowd(lab, { entries: entry(7) + entry(8) });
    await startService(gate, 7, "echo");
    const service = await startService(gate, 8, "greet");
    const received = () => latest<{ received: number }>(service)?.received;
    await guest.text(["dd", "if=/dev/urandom", "of=/run/body", "bs=1M", "count=3", "status=none"]);
    const shell = async (script: string) => (await guest.text(["bash", "-c", script])).trim();
    const sum = (await shell("sha256sum /run/body")).slice(0, 64);
    // The guest first: the echo's answer comes after the guest's FIN, and so does the service's.
    const echoed = await shell(`socat -t 30 - TCP:${PROXY}:7 </run/body | sha256sum`);
    assert.equal(echoed.slice(0, 64), sum);
    // The service first: it is read to its end before the guest sends anything.
    assert.equal(await shell(`exec 3<>/dev/tcp/${PROXY}/8; cat <&3; cat /run/body >&3`), "hello");
    await until("the service has all of it", () => Promise.resolve(received() === 3 * 1024 * 1024));
    // Both at once, with and without anything.
    assert.equal(await shell(`socat -t 30 - TCP:${PROXY}:8 </dev/null`), "hello");
    assert.equal(await shell(`socat -t 30 - TCP:${PROXY}:7 </dev/null`), "");
    await until("no stream is left", async () => {
      const inside = await hv.host.text(["ip", "netns", "exec", "one_tproxy_br0", "ss", "-Htn"]);
      const outside = await hv.host.text(["ss", "-Htn", "dst", "10.11.12.13"]);
      return !/ESTAB|CLOSE-WAIT|FIN-WAIT/.test(inside + outside);
    });
  }),
);
