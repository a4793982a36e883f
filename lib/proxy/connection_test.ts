import assert from "node:assert/strict";
import { connection, readAll } from "../../tests/fixtures/connection.ts";
import { close, readFull, writeAll } from "./connection.ts";

Deno.test("writeAll() goes on until all is written", async () => {
  const { ours, peer } = connection(() => 3);
  await writeAll(ours, new TextEncoder().encode("seventeen letters"));
  close(ours);
  assert.equal(new TextDecoder().decode(await readAll(peer)), "seventeen letters");
});

Deno.test("readFull() goes on until the buffer is full, and says how much there was if it can't be", async () => {
  const { ours, peer } = connection(() => 3);
  await peer.write(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
  await peer.closeWrite();
  const buffer = new Uint8Array(5);
  await readFull(ours, buffer);
  assert.deepEqual([...buffer], [1, 2, 3, 4, 5]);
  await assert.rejects(readFull(ours, buffer), /ended after 2 of 5 bytes/);
});

Deno.test("close() is fine with a connection that is closed already", () => {
  const { ours } = connection();
  close(ours);
  close(ours);
  assert.equal(ours.closed, true);
});
