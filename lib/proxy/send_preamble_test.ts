import assert from "node:assert/strict";
import { connection } from "../../tests/fixtures/connection.ts";
import { Opening } from "./send_preamble.ts";

const PREAMBLE = new TextEncoder().encode("PREAMBLE ");

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A string that takes all it is given, and what it was given. */
function recorder() {
  const writes: string[] = [];
  const string = {
    write: (bytes: Uint8Array) => {
      writes.push(new TextDecoder().decode(bytes));
      return Promise.resolve(bytes.length);
    },
  };
  return { string, writes };
}

Deno.test("Opening.send() sends the preamble and what the guest has sent in one write", async () => {
  const guest = connection();
  const { string, writes } = recorder();
  await guest.peer.write(new TextEncoder().encode("hello"));
  const opening = new Opening(guest.ours, PREAMBLE);
  await pause();
  assert.deepEqual(await opening.send(string), { sent: 5 });
  assert.deepEqual(writes, ["PREAMBLE hello"]);
});

Deno.test("Opening.send() does not wait for a guest that only listens, and hands its read on", async () => {
  const guest = connection();
  const { string, writes } = recorder();
  const { begun } = await new Opening(guest.ours, PREAMBLE).send(string);
  assert.deepEqual(writes, ["PREAMBLE "]);
  await guest.peer.write(new TextEncoder().encode("late"));
  assert.equal(await begun?.read, 4);
  assert.equal(new TextDecoder().decode(begun?.buffer.subarray(0, 4)), "late");
});

Deno.test("Opening.send() leaves a guest's reset to whoever reads on", async () => {
  const guest = connection();
  const opening = new Opening(guest.ours, PREAMBLE);
  const reset = new Deno.errors.ConnectionReset();
  guest.toOurs.fail(reset);
  await pause();
  const { begun } = await opening.send({ write: (bytes) => Promise.resolve(bytes.length) });
  await assert.rejects(begun?.read ?? Promise.resolve(), (error) => error === reset);
});
