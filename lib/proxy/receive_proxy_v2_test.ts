import assert from "node:assert/strict";
import fc from "fast-check";
import { connection, readAll } from "../../tests/fixtures/connection.ts";
import { encodeHello } from "../protocol/hello.ts";
import { encodePreamble } from "../protocol/proxy_v2.ts";
import { writeAll } from "./connection.ts";
import { receivePreamble } from "./receive_proxy_v2.ts";

const PREAMBLE = {
  sourceAddr: "192.168.1.10",
  sourcePort: 40000,
  destinationAddr: "169.254.16.9",
  destinationPort: 5030,
};

Deno.test("receivePreamble() finds a hello or a preamble, however it is cut, and leaves what follows", async () => {
  const hello = { string: 7, channel: undefined };
  const cases = [
    { bytes: encodePreamble(PREAMBLE), received: { preamble: PREAMBLE } },
    { bytes: encodeHello(hello), received: { hello } },
    { bytes: encodeHello({ string: 7, channel: 9 }), received: { hello: { string: 7, channel: 9 } } },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...cases),
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 100 }),
      async ({ bytes, received }, body, limit) => {
        const { ours, peer } = connection(() => limit);
        for (const part of [bytes, body]) await writeAll(peer, part);
        await peer.closeWrite();
        assert.deepEqual(await receivePreamble(ours), received);
        assert.deepEqual([...await readAll(ours)], [...body]);
      },
    ),
  );
});

Deno.test("receivePreamble() takes a health check, with what its header holds besides, for nobody's stream", async () => {
  const bytes = encodePreamble(PREAMBLE).with(12, 0x20);
  for (const length of [0, 12]) {
    const { ours, peer } = connection(() => 5);
    await writeAll(peer, bytes.with(15, length).subarray(0, 16 + length));
    assert.equal(await receivePreamble(ours), undefined);
  }
});

Deno.test("receivePreamble() fails if the peer ends before the preamble does", async () => {
  for (const [sent, message] of [[10, "ended after 10 of 16 bytes"], [20, "ended after 4 of 12 bytes"]] as const) {
    const { ours, peer } = connection();
    await peer.write(encodePreamble(PREAMBLE).subarray(0, sent));
    await peer.closeWrite();
    await assert.rejects(receivePreamble(ours), (error) => {
      return error instanceof Deno.errors.UnexpectedEof && error.message === message;
    });
  }
});
