import assert from "node:assert/strict";
import { allThatCan, openChannel, testString } from "../../tests/fixtures/channels.ts";
import { connection } from "../../tests/fixtures/connection.ts";
import { FakeTime } from "../../tests/fixtures/fake_time.ts";
import { writeAll } from "./connection.ts";
import { giveBuffer, LARGE, MEDIUM, SMALL, takeBuffer, takenBuffers } from "./buffers.ts";
import { nextBuffer } from "./read_scheduler.ts";

type Buffer = Uint8Array<ArrayBuffer>;

/** Lets a round begin. */
function nextRound(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** A stream whose reads fill what they get, so that it waits for turns. */
function full(buffer: Buffer): Buffer | Promise<Buffer> {
  return nextBuffer(buffer, buffer.length);
}

Deno.test("nextBuffer() gives more room after each filled read, and little again after a small one", async () => {
  const lengths: number[] = [];
  let buffer = takeBuffer();
  for (let i = 0; i < 4; i++) {
    lengths.push(buffer.length);
    buffer = await full(buffer);
  }
  assert.deepEqual(lengths, [SMALL, MEDIUM, LARGE, LARGE]);
  const small = await nextBuffer(buffer, 1);
  assert.deepEqual([small.length, takenBuffers(LARGE)], [SMALL, 0]);
  giveBuffer(small);
  await nextRound();
});

Deno.test("nextBuffer() keeps a buffer that was not filled, and gives a longer one for a part of one", () => {
  const small = takeBuffer();
  assert.equal(nextBuffer(small, small.length - 1), small);
  assert.equal(nextBuffer(small, 1), small);
  const part = small.subarray(28);
  const longer = full(part) as Buffer;
  assert.deepEqual([longer.length, takenBuffers(SMALL)], [MEDIUM, 0]);
  giveBuffer(longer);
});

Deno.test("nextBuffer() lets 8 of many streams read at once, and those beyond in turns, the first one first", async () => {
  const order: number[] = [];
  const streams = Array.from({ length: 40 }, () => takeBuffer(MEDIUM)).map((buffer, i) => {
    const next = full(buffer);
    return next instanceof Promise ? next.then((buffer) => (order.push(i), buffer)) : next;
  });
  assert.equal(streams.filter((next) => !(next instanceof Promise)).length, 8);
  assert.equal(takenBuffers(MEDIUM), 0, "one that waits has a buffer");
  const buffers = await Promise.all(streams);
  assert.deepEqual(order, Array.from({ length: 32 }, (_, i) => 8 + i));
  assert.ok(buffers.every(({ length }) => length === LARGE));
  buffers.forEach(giveBuffer);
  await nextRound();
});

Deno.test("nextBuffer() lets 16 streams read as often as they can", () => {
  let buffers = Array.from({ length: 16 }, () => takeBuffer(MEDIUM));
  for (let i = 0; i < 10; i++) buffers = buffers.map((buffer) => full(buffer) as Buffer);
  assert.ok(buffers.every(({ length }) => length === LARGE));
  buffers.forEach(giveBuffer);
});

Deno.test("nextBuffer() keeps nobody waiting who does not fill its buffer, and has nobody wait for good", async () => {
  const busy = Array.from({ length: 100 }, () => takeBuffer(MEDIUM)).map(full);
  const interactive = takeBuffer();
  assert.equal(nextBuffer(interactive, 60), interactive);
  const buffers = await Promise.all(busy);
  assert.deepEqual([takenBuffers(LARGE), takenBuffers(MEDIUM)], [64, 36]);
  [interactive, ...buffers].forEach(giveBuffer);
  await nextRound();
});

Deno.test("nextBuffer() leaves one stream the largest buffer beside a small read on a string, and 20 ms later gives it to all", async () => {
  using time = new FakeTime();
  let buffers = Array.from({ length: 4 }, () => takeBuffer(LARGE));
  const lengths = () => {
    buffers = buffers.map((buffer) => full(buffer) as Buffer);
    return buffers.map(({ length }) => length);
  };
  const { inner } = testString();
  const guest = connection();
  openChannel(inner, guest.ours);
  // The first read of a stream is a small one, a read of a quarter of a medium buffer is not.
  await writeAll(guest.peer, new Uint8Array(SMALL));
  await writeAll(guest.peer, new Uint8Array(MEDIUM / 4));
  await allThatCan();
  assert.deepEqual(lengths(), [MEDIUM, MEDIUM, MEDIUM, LARGE]);
  time.pass(20);
  await writeAll(guest.peer, new Uint8Array(MEDIUM / 4));
  await allThatCan();
  assert.deepEqual(lengths(), [LARGE, LARGE, LARGE, LARGE]);
  await writeAll(guest.peer, new Uint8Array(100));
  await allThatCan();
  assert.deepEqual(lengths(), [MEDIUM, MEDIUM, MEDIUM, LARGE]);
  time.pass(10);
  assert.deepEqual(lengths(), [MEDIUM, MEDIUM, MEDIUM, LARGE]);
  time.pass(10);
  assert.deepEqual(lengths(), [LARGE, LARGE, LARGE, LARGE]);
  buffers.forEach(giveBuffer);
  inner[Symbol.dispose]();
});
