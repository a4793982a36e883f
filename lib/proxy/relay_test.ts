import assert from "node:assert/strict";
import fc from "fast-check";
import { connection, type End, readAll } from "../../tests/fixtures/connection.ts";
import { Deadlines } from "./deadlines.ts";
import { relay, type RelayOptions } from "./relay.ts";

const OPTIONS: RelayOptions = { deadlines: new Deadlines(), idleTimeoutMs: 60_000 };

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Lets everything go on until it waits for something that only the test does. */
function allThatCan(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function readText(end: End): Promise<string> {
  return new TextDecoder().decode(await readAll(end));
}

Deno.test("relay() brings the answer of a service that waits for the guest's end", async () => {
  const [guest, service] = [connection(), connection()];
  const result = relay(guest.ours, service.ours, OPTIONS);
  await guest.peer.write(encode("question"));
  await guest.peer.closeWrite();
  assert.equal(await readText(service.peer), "question");
  assert.equal(guest.toPeer.ended, false);
  await service.peer.write(encode("the answer"));
  await service.peer.closeWrite();
  assert.equal(await readText(guest.peer), "the answer");
  assert.deepEqual(await result, { fromPeer: 8, toPeer: 10, error: undefined });
  assert.deepEqual([guest.ours.closed, service.ours.closed], [true, true]);
});

Deno.test("relay() brings what a guest sends after the service's end", async () => {
  const [guest, service] = [connection(), connection()];
  const result = relay(guest.ours, service.ours, OPTIONS);
  await service.peer.write(encode("go on"));
  await service.peer.closeWrite();
  assert.equal(await readText(guest.peer), "go on");
  assert.equal(service.toPeer.ended, false);
  await guest.peer.write(encode("late"));
  await guest.peer.closeWrite();
  assert.equal(await readText(service.peer), "late");
  assert.deepEqual(await result, { fromPeer: 4, toPeer: 5, error: undefined });
  assert.deepEqual([guest.ours.closed, service.ours.closed], [true, true]);
});

Deno.test("relay() brings every byte both ways, however reads and writes are cut", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 });
  const limits = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
  await fc.assert(fc.asyncProperty(chunks, chunks, limits, async (up, down, sizes) => {
    let turn = 0;
    const limit = () => sizes[turn++ % sizes.length] ?? 1;
    const [guest, service] = [connection(limit), connection(limit)];
    const send = async (end: End, chunks: readonly Uint8Array[]) => {
      for (const chunk of chunks) await end.write(chunk);
      await end.closeWrite();
    };
    const [result, atService, atGuest] = await Promise.all([
      relay(guest.ours, service.ours, OPTIONS),
      readAll(service.peer),
      readAll(guest.peer),
      send(guest.peer, up),
      send(service.peer, down),
    ]);
    assert.deepEqual([...atService], up.flatMap((chunk) => [...chunk]));
    assert.deepEqual([...atGuest], down.flatMap((chunk) => [...chunk]));
    assert.deepEqual(result, {
      fromPeer: atService.length,
      toPeer: atGuest.length,
      error: undefined,
    });
  }));
});

Deno.test("relay() brings a long download whole while its buffer grows", async () => {
  const [guest, service] = [connection(), connection()];
  const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => i * 31 % 251);
  await service.peer.write(bytes);
  await service.peer.closeWrite();
  await guest.peer.closeWrite();
  const [{ toPeer }, received] = await Promise.all([relay(guest.ours, service.ours, OPTIONS), readAll(guest.peer)]);
  assert.equal(toPeer, bytes.length);
  assert.ok(received.every((byte, i) => byte === bytes[i]) && received.length === bytes.length);
});

Deno.test("relay() ends both directions at once if one is reset", async () => {
  for (const broken of ["guest", "service"] as const) {
    const ends = { guest: connection(), service: connection() };
    const result = relay(ends.guest.ours, ends.service.ours, OPTIONS);
    const reset = new Deno.errors.ConnectionReset();
    ends[broken].toOurs.fail(reset);
    assert.deepEqual(await result, { fromPeer: 0, toPeer: 0, error: reset });
    assert.deepEqual([ends.guest.ours.closed, ends.service.ours.closed], [true, true], broken);
  }
});

Deno.test("relay() lets the other direction finish if one can't be written to any more", async () => {
  const [guest, service] = [connection(), connection()];
  guest.toPeer.refused = true;
  const result = relay(guest.ours, service.ours, OPTIONS);
  await service.peer.write(encode("nobody reads this"));
  await allThatCan();
  await guest.peer.write(encode("still on its way"));
  await guest.peer.closeWrite();
  assert.equal(await readText(service.peer), "still on its way");
  const { fromPeer, toPeer, error } = await result;
  assert.deepEqual([fromPeer, toPeer, error instanceof Deno.errors.BrokenPipe], [16, 0, true]);
  assert.deepEqual([guest.ours.closed, service.ours.closed], [true, true]);
});

Deno.test("relay() sends no end of its own to a peer whose end was the last, and closes instead", async () => {
  const [guest, service] = [connection(), connection()];
  const ends: string[] = [];
  for (const [name, { ours }] of Object.entries({ guest, service })) {
    const closeWrite = ours.closeWrite.bind(ours);
    ours.closeWrite = () => {
      ends.push(name);
      return closeWrite();
    };
  }
  const result = relay(guest.ours, service.ours, OPTIONS);
  await service.peer.closeWrite();
  await allThatCan();
  await guest.peer.closeWrite();
  await result;
  assert.deepEqual(ends, ["guest"]);
  assert.deepEqual([guest.ours.closed, service.ours.closed], [true, true]);
});

Deno.test("relay() ends a stream that is silent both ways, and not one that speaks one way", async () => {
  const [guest, service] = [connection(), connection()];
  const started = performance.now();
  const result = relay(guest.ours, service.ours, { ...OPTIONS, idleTimeoutMs: 1500 });
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await service.peer.write(encode("."));
  }
  const { toPeer, error } = await result;
  assert.equal(toPeer, 4);
  assert.ok(error instanceof Deno.errors.TimedOut && error.message === "silent for 1.5 seconds", String(error));
  assert.ok(performance.now() - started >= 3000);
});
