import assert from "node:assert/strict";
import fc from "fast-check";
import { connection } from "../../tests/fixtures/connection.ts";
import { greet, openingFor } from "./receive_preamble.ts";
import { encodePreamble } from "../protocol/preamble.ts";

const PREAMBLE = {
  sourceAddr: "192.168.1.10",
  sourcePort: 40000,
  destinationAddr: "169.254.16.9",
  destinationPort: 5030,
};

Deno.test("greet() finds the preamble and the guest's bytes, however they are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 100 }), async (body, limit) => {
      const { ours, peer } = connection(() => limit);
      for (const bytes of [encodePreamble(PREAMBLE), body]) {
        for (let sent = 0; sent < bytes.length;) sent += await peer.write(bytes.subarray(sent));
      }
      const greeting = await greet(ours);
      assert.ok(greeting !== undefined);
      assert.deepEqual(greeting.preamble, PREAMBLE);
      assert.deepEqual([...greeting.body], [...body.subarray(0, greeting.body.length)]);
    }),
  );
});

Deno.test("greet() takes a health check, with what its header holds besides, for nobody's stream", async () => {
  const bytes = encodePreamble(PREAMBLE).with(12, 0x20);
  for (const length of [0, 12]) {
    const { ours, peer } = connection(() => 5);
    const header = bytes.with(15, length).subarray(0, 16 + length);
    for (let sent = 0; sent < header.length;) sent += await peer.write(header.subarray(sent));
    assert.equal(await greet(ours), undefined);
  }
});

Deno.test("greet() fails if the peer ends before the preamble does", async () => {
  const { ours, peer } = connection();
  await peer.write(encodePreamble(PREAMBLE).subarray(0, 20));
  await peer.closeWrite();
  await assert.rejects(greet(ours), (error) => {
    return error instanceof Deno.errors.UnexpectedEof && error.message === "ended after 20 of 28 bytes";
  });
});

Deno.test("openingFor() gives the service a preamble of its own only if it wants one", () => {
  const body = Uint8Array.of(1, 2, 3);
  const greeting = { preamble: PREAMBLE, body };
  assert.deepEqual(openingFor(greeting, undefined), body);
  assert.deepEqual(openingFor(greeting, "v2"), Uint8Array.of(...encodePreamble(PREAMBLE), ...body));
});
