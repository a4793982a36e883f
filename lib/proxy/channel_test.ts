import assert from "node:assert/strict";
import fc from "fast-check";
import { allThatCan, openChannel, type TestChannel, testString } from "../../tests/fixtures/channels.ts";
import { type Connection, connection, readAll } from "../../tests/fixtures/connection.ts";
import { RESET, WINDOW } from "../protocol/frames.ts";
import { LARGE, MEDIUM, SMALL, takenBuffers } from "./buffers.ts";

/** What the guest, the service or inner does next. */
type Step =
  | { readonly who: "guest" | "service"; readonly does: "send"; readonly bytes: number }
  | { readonly who: "guest" | "service"; readonly does: "end" | "reset" | "refuse" }
  | { readonly who: "inner"; readonly does: "promote" }
  | { readonly who: "nobody"; readonly does: "wait" };

const side = fc.constantFrom("guest" as const, "service" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      who: side,
      does: fc.constant("send" as const),
      bytes: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(SMALL, MEDIUM, 70_000, 140_000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ who: side, does: fc.constant("end" as const) }) },
  { weight: 1, arbitrary: fc.record({ who: side, does: fc.constantFrom("reset" as const, "refuse" as const) }) },
  { weight: 1, arbitrary: fc.constant({ who: "inner" as const, does: "promote" as const }) },
  { weight: 2, arbitrary: fc.constant({ who: "nobody" as const, does: "wait" as const }) },
);

/** One end of a stream as the test plays it. */
class Player {
  readonly link: Connection;
  sent = 0;
  hasEnded = false;
  received: Uint8Array = new Uint8Array();
  readonly #reading: Promise<void>;

  constructor(limit: () => number, readonly seed: number) {
    this.link = connection(limit);
    this.#reading = readAll(this.link.peer).then((bytes) => void (this.received = bytes), () => {});
  }

  /** The byte at a place of everything that it sends. */
  byteAt(index: number): number {
    return (index * 31 + this.seed) % 251;
  }

  play(does: string, bytes = 0): void {
    if (does === "send" && !this.hasEnded) {
      const start = this.sent;
      this.sent += bytes;
      this.link.toOurs.push(Uint8Array.from({ length: bytes }, (_, i) => this.byteAt(start + i)));
    } else if (does === "end") {
      this.hasEnded = true;
      this.link.toOurs.end();
    } else if (does === "reset") {
      this.hasEnded = true;
      this.link.toOurs.fail(new Deno.errors.ConnectionReset());
    } else if (does === "refuse") {
      this.link.toPeer.refused = true;
    }
  }

  /** All that came, once its connection has been closed. */
  async all(): Promise<Uint8Array> {
    await this.#reading;
    return this.received;
  }
}

function takenInAll(): number {
  return [SMALL, MEDIUM, LARGE].reduce((sum, size) => sum + takenBuffers(size), 0);
}

Deno.test("whatever both ends do, bytes arrive unchanged and in order, and nothing is left in the end", async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constant(200_000)), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), sizes, async (steps, sizes) => {
      let turn = 0;
      const limit = () => sizes[turn++ % sizes.length] ?? 1;
      const buffers = takenInAll();
      const { inner, outer, served, string } = testString(limit);
      const [guest, service] = [new Player(limit, 1), new Player(limit, 100)];
      const channel = openChannel(inner, guest.link.ours);
      await allThatCan();
      const [other] = served as [TestChannel];
      other.begin(service.link.ours);
      const wasBroken = { guest: false, service: false };
      for (const { who, does, ...rest } of [...steps, { who: "nobody", does: "wait" } as Step]) {
        if (who === "nobody") {
          await allThatCan();
        } else if (who === "inner") {
          const bulk = connection(limit);
          if (channel.isPromoting || channel.isOver || other.isOver) continue;
          channel.isPromoting = other.isPromoting = true;
          other.attach(bulk.peer);
          channel.attach(bulk.ours);
        } else {
          const player = { guest, service }[who];
          if (does === "reset" || does === "refuse") wasBroken[who] = true;
          player.play(does, "bytes" in rest ? Number(rest.bytes) : 0);
        }
      }
      for (const player of [guest, service]) player.play("end");
      const [atService, atGuest] = await Promise.all([service.all(), guest.all()]);
      const isBroken = wasBroken.guest || wasBroken.service;
      for (const [bytes, from] of [[atService, guest], [atGuest, service]] as const) {
        assert.ok(bytes.every((byte, i) => byte === from.byteAt(i)), "other bytes");
        assert.ok(isBroken ? bytes.length <= from.sent : bytes.length === from.sent, `${bytes.length} of ${from.sent}`);
      }
      await allThatCan();
      assert.deepEqual([channel.isOver, other.isOver], [true, true]);
      assert.deepEqual([inner.isGone, outer.isGone], [false, false], "a half broke the protocol");
      assert.deepEqual([inner.size, outer.size], [0, 0]);
      assert.equal(takenInAll(), buffers, "buffers were not given back");
      inner.retire();
      assert.deepEqual(await inner.gone, { error: undefined, streams: 0 });
      assert.deepEqual(await outer.gone, { error: undefined, streams: 0 });
      assert.ok(string.ours.closed && string.peer.closed);
    }),
    { numRuns: 300 },
  );
});

/** A stream whose both ends are open. */
async function openStream() {
  const { inner, outer, served, string } = testString();
  const [guest, service] = [connection(), connection()];
  const channel = openChannel(inner, guest.ours);
  await allThatCan();
  const [other] = served as [TestChannel];
  other.begin(service.ours);
  return { inner, outer, channel, other, guest, service, string };
}

Deno.test("a reset of one end closes the other at once, each way", async () => {
  for (const broken of ["guest", "service"] as const) {
    const stream = await openStream();
    const error = new Deno.errors.ConnectionReset();
    stream[broken].toOurs.fail(error);
    await allThatCan();
    assert.deepEqual([stream.guest.ours.closed, stream.service.ours.closed], [true, true]);
    const [near, far] = broken === "guest" ? [stream.channel, stream.other] : [stream.other, stream.channel];
    assert.deepEqual(near.end, { error, reason: undefined });
    assert.deepEqual(far.end, { error: "the other end is gone", reason: RESET.gone });
    stream.inner[Symbol.dispose]();
  }
});

Deno.test("a service that reads nothing holds its guest up within a window", async () => {
  const { inner, guest, service } = await openStream();
  // What is under way is never written: the service's side takes it, and nothing is ever taken from there.
  service.ours.write = () => new Promise(() => {});
  guest.toOurs.push(new Uint8Array(400_000));
  await allThatCan();
  const taken = 400_000 - guest.toOurs.length;
  assert.ok(taken > WINDOW / 2 && taken <= WINDOW, `${taken} bytes were taken`);
  inner[Symbol.dispose]();
});

Deno.test("what a service has sent before its end arrives although it takes nothing more from the guest", async () => {
  const { inner, other, guest, service } = await openStream();
  service.toPeer.refused = true;
  await guest.peer.write(new Uint8Array(100));
  await allThatCan();
  await service.peer.write(new TextEncoder().encode("no more"));
  await service.peer.closeWrite();
  assert.equal(new TextDecoder().decode(await readAll(guest.peer)), "no more");
  await allThatCan();
  assert.ok(guest.ours.closed && service.ours.closed);
  assert.ok(other.end?.error instanceof Deno.errors.BrokenPipe);
  inner[Symbol.dispose]();
});

Deno.test("a peer that fills its buffer again and again is to be promoted, and one that does not is not", async () => {
  const { inner, channel, other, guest, service } = await openStream();
  void readAll(service.peer);
  void readAll(guest.peer);
  guest.toOurs.push(new Uint8Array(20_000));
  await allThatCan();
  assert.equal(channel.wishes, 0);
  guest.toOurs.push(new Uint8Array(300_000));
  service.toOurs.push(new Uint8Array(300_000));
  await allThatCan();
  assert.deepEqual([channel.wishes, other.wishes], [1, 1]);
  inner[Symbol.dispose]();
});

Deno.test("a string that is gone ends all its streams, at both ends", async () => {
  const { inner, channel, other, guest, service, string } = await openStream();
  await service.peer.write(new Uint8Array(5));
  await allThatCan();
  string.peer[Symbol.dispose]();
  await allThatCan();
  assert.deepEqual([guest.ours.closed, service.ours.closed], [true, true]);
  assert.deepEqual([channel.isOver, other.isOver], [true, true]);
  assert.equal((await inner.gone).streams, 1);
});
