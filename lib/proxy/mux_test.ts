import assert from "node:assert/strict";
import fc from "fast-check";
import { allThatCan, openChannel, TestChannel, testString } from "../../tests/fixtures/channels.ts";
import { connection, type End, readAll } from "../../tests/fixtures/connection.ts";
import { FakeTime } from "../../tests/fixtures/fake_time.ts";
import { LAST_CHANNEL, ProtocolError, WINDOW } from "../protocol/frames.ts";
import { close, writeAll } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";
import { InnerMux } from "./inner_mux.ts";
import { OuterMux } from "./outer_mux.ts";
import { parseBridgeName } from "../names.ts";
import { Traces } from "./traces.ts";

/** OPEN of channel 1, from 10.0.0.1:1 to port 80. */
const OPEN = "01 000008 00000001 0a000001 0001 0050";
const BIG = `02 010000 00000001 ${"00".repeat(WINDOW)}`;

/** What an inner that was taken over sends to outer, beginning with good frames. */
const TO_OUTER: Readonly<Record<string, readonly string[]>> = {
  "garbage": ["47455420 2f204854 54502f31 2e300d0a"],
  "DATA for a stream that was never opened": ["02 000001 00000001 00"],
  "FIN for a stream that was never opened": [OPEN, "03 000000 00000002"],
  "RST for a stream that was never opened": ["04 000001 00000001 00"],
  "CREDIT for a stream that was never opened": ["05 000004 00000001 00000001"],
  "a stream that is opened twice": [OPEN, OPEN],
  "a number that is smaller than one before": [OPEN.replace("00000001", "00000005"), OPEN],
  "more bytes than a window": [OPEN, BIG, "02 000001 00000001 00"],
  "a second FIN": [OPEN, "03 000000 00000001", "03 000000 00000001"],
  "DATA after FIN": [OPEN, "03 000000 00000001", "02 000001 00000001 00"],
  "credit for more than a window": [OPEN, "05 000004 00000001 00000001"],
  "SWITCH of a stream that was not promoted": [OPEN, "07 000000 00000001"],
  "PROMOTE": [OPEN, "06 000000 00000001"],
  "GOAWAY": ["08 000000 00000000"],
  "TRACE": ["09 000006 00000000 0a000001 003c"],
};

/** What an outer that was taken over sends to inner, which has opened channel 1. */
const TO_INNER: Readonly<Record<string, readonly string[]>> = {
  "OPEN": [OPEN.replace("00000001", "00000002")],
  "DATA for a stream that was never opened": ["02 000001 00000002 00"],
  "more bytes than a window": [BIG, "02 000001 00000001 00"],
  "DATA after FIN": ["03 000000 00000001", "02 000001 00000001 00"],
  "credit for more than a window": ["05 000004 00000001 00000001"],
  "SWITCH of a stream that was not promoted": ["07 000000 00000001"],
};

function bytesOf(frames: readonly string[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(frames.join("").replaceAll(" ", ""));
}

/** Outer's end of a string whose other end the test plays. */
function outerAlone(): { outer: OuterMux; peer: End; served: TestChannel[] } {
  const { ours, peer } = connection();
  const served: TestChannel[] = [];
  const outer = new OuterMux(ours, new Deadlines(), parseBridgeName("br0"), 7, {
    serve: (mux, id) => void served.push(new TestChannel(mux, id)),
  });
  return { outer, peer, served };
}

Deno.test("what an inner can't send ends the string and all its streams", async () => {
  for (const [what, frames] of Object.entries(TO_OUTER)) {
    const { outer, peer, served } = outerAlone();
    await writeAll(peer, bytesOf(frames));
    await allThatCan();
    assert.ok(outer.isGone, what);
    const { error } = await outer.gone;
    assert.ok(error instanceof ProtocolError, `${what}: ${error}`);
    assert.ok(served.every(({ isOver }) => isOver), what);
    assert.equal(outer.size, 0, what);
  }
});

Deno.test("what an outer can't send ends the string and all its streams", async () => {
  for (const [what, frames] of Object.entries(TO_INNER)) {
    const { ours, peer } = connection();
    const inner = new InnerMux(ours, new Deadlines(), 7, new Traces());
    const guest = connection();
    // It takes nothing, so no credit is given either.
    guest.ours.write = () => new Promise(() => {});
    const channel = openChannel(inner, guest.ours);
    await writeAll(peer, bytesOf(frames));
    await allThatCan();
    assert.ok(inner.isGone, what);
    const { error } = await inner.gone;
    assert.ok(error instanceof ProtocolError, `${what}: ${error}`);
    assert.ok(channel.isOver && guest.ours.closed, what);
  }
});

Deno.test("frames for a stream that has ended on this side are passed over", async () => {
  const { outer, peer } = outerAlone();
  await writeAll(peer, bytesOf([OPEN, "04 000001 00000001 00"]));
  const late = ["02 000001 00000001 00", "03 000000 00000001", "05 000004 00000001 00000001", "04 000001 00000001 00"];
  await writeAll(peer, bytesOf(late));
  await allThatCan();
  assert.deepEqual([outer.isGone, outer.size], [false, 0]);
  outer[Symbol.dispose]();
});

Deno.test("any frames at all end the string or leave it, and nothing else happens", async () => {
  const channel = fc.integer({ min: 0, max: 4 });
  const frame = fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8), channel, fc.nat(300)).map(
    ([type, channel, number]) => {
      const length = [0, 8, 1 + number, 0, 1, 4, 0, 0, 0][type] ?? 0;
      const bytes = new Uint8Array(8 + length).fill(1, 8);
      bytes[0] = type;
      new DataView(bytes.buffer).setUint16(2, length);
      bytes[7] = channel;
      if (type === 5) new DataView(bytes.buffer).setUint32(8, number);
      if (type === 4) bytes[8] = number % 5;
      return bytes;
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (frames) => {
      const { outer, peer, served } = outerAlone();
      for (const bytes of frames) await writeAll(peer, bytes);
      await allThatCan();
      const live = served.filter(({ isOver }) => !isOver).length;
      assert.equal(outer.size, live);
      if (outer.isGone) assert.equal(live, 0);
      close(peer);
      const { error } = await outer.gone;
      assert.ok(error === undefined || error instanceof ProtocolError, String(error));
      assert.ok(served.every(({ isOver }) => isOver));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a peer that reads nothing and makes us answer is given up", async () => {
  const { ours, peer } = connection();
  ours.write = () => new Promise(() => {});
  const outer = new OuterMux(ours, new Deadlines(), parseBridgeName("br0"), 7, {
    serve: (mux, id) => mux.writer.reset(id, 1),
  });
  const open = bytesOf([OPEN]);
  const many = new Uint8Array(open.length * 10_000);
  for (let id = 1; id < 1_000_000 && !outer.isGone;) {
    for (let at = 0; at < many.length; at += open.length, id++) {
      many.set(open, at);
      new DataView(many.buffer).setUint32(at + 4, id);
    }
    await writeAll(peer, many);
    await allThatCan();
  }
  assert.match(String((await outer.gone).error), /has not taken \d+ bytes/);
});

Deno.test("a string whose numbers are used up takes no more streams, and serves those that it has", async () => {
  const { inner, outer, served } = testString(undefined, LAST_CHANNEL - 1);
  const [guest, service] = [connection(), connection()];
  assert.equal(inner.takesStreams, true);
  const channel = openChannel(inner, guest.ours);
  assert.deepEqual([channel.id, inner.takesStreams], [LAST_CHANNEL, false]);
  await allThatCan();
  served[0]?.begin(service.ours);
  inner.retire();
  await writeAll(guest.peer, new Uint8Array(1000));
  await guest.peer.closeWrite();
  assert.equal((await readAll(service.peer)).length, 1000);
  await service.peer.closeWrite();
  assert.deepEqual(await outer.gone, { error: undefined, streams: 0 });
});

Deno.test("after GOAWAY inner opens no more streams, and ends the string with the last one", async () => {
  const { inner, outer, served } = testString();
  const [guest, service] = [connection(), connection()];
  openChannel(inner, guest.ours);
  await allThatCan();
  served[0]?.begin(service.ours);
  outer.goAway();
  outer.goAway();
  // One that was under way is served.
  const late = openChannel(inner, connection().ours);
  await allThatCan();
  assert.deepEqual([inner.takesStreams, inner.isGone, served.length], [false, false, 2]);
  late.reset(undefined, 0);
  await writeAll(service.peer, new TextEncoder().encode("goes on"));
  await service.peer.closeWrite();
  assert.equal(new TextDecoder().decode(await readAll(guest.peer)), "goes on");
  await guest.peer.closeWrite();
  assert.deepEqual(await Promise.all([inner.gone, outer.gone]), Array(2).fill({ error: undefined, streams: 0 }));
});

Deno.test("an inner that hangs keeps its string for a minute after GOAWAY and its last stream, and then no longer", async () => {
  using time = new FakeTime();
  const { outer, peer, served } = outerAlone();
  await writeAll(peer, bytesOf([OPEN]));
  await allThatCan();
  time.pass(120_000);
  outer.goAway();
  time.pass(120_000);
  assert.deepEqual([served.length, outer.size, outer.isGone], [1, 1, false]);
  served[0]?.reset(undefined, 0);
  time.pass(59_000);
  assert.equal(outer.isGone, false);
  time.pass(2_000);
  assert.equal(outer.isGone, true);
  close(peer);
  assert.deepEqual(await outer.gone, { error: undefined, streams: 0 });
});

Deno.test("GOAWAY ends a string without streams at once", async () => {
  const { inner, outer } = testString();
  outer.goAway();
  await Promise.all([inner.gone, outer.gone]);
});

Deno.test("4,096 streams at once are served on one string, each with its own bytes", async () => {
  const { inner, outer, served } = testString();
  const guests = Array.from({ length: 4096 }, () => connection());
  guests.forEach((guest) => openChannel(inner, guest.ours));
  await allThatCan();
  assert.equal(served.length, 4096);
  const services = served.map((channel) => {
    const service = connection();
    channel.begin(service.ours);
    return service;
  });
  const back = services.map(async ({ peer }) => {
    await writeAll(peer, await readAll(peer));
    await peer.closeWrite();
  });
  const got = guests.map(async ({ peer }, i) => {
    await writeAll(peer, new TextEncoder().encode(`guest ${i}`));
    await peer.closeWrite();
    return new TextDecoder().decode(await readAll(peer));
  });
  assert.deepEqual(await Promise.all(got), guests.map((_, i) => `guest ${i}`));
  await Promise.all(back);
  await allThatCan();
  assert.deepEqual([inner.size, outer.size], [0, 0]);
  inner.retire();
  await outer.gone;
});

Deno.test("an inner traces the guest that outer names, for as long as outer says", async () => {
  const { ours, peer } = connection();
  const traces = new Traces();
  using _inner = new InnerMux(ours, new Deadlines(), 7, traces);
  await writeAll(peer, bytesOf(["09 000006 00000000 0a000001 0e10", "09 000006 00000000 c0a8960a 0001"]));
  await allThatCan();
  assert.deepEqual([...traces.left()], [[0x0a00_0001, 3_600], [0xc0a8_960a, 1]]);
  assert.ok(traces.has(0x0a00_0001) && !traces.has(0x0a00_0002));
});
