import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameDecoder, type FrameSink } from "./decode_frames.ts";
import { encodeBare, encodeCredit, encodeData, encodeOpen, encodeReset, encodeTrace } from "./encode_frames.ts";
import { FRAME, LAST_CHANNEL, LONGEST_CONTROL, ProtocolError, type ResetReason, WINDOW } from "./frames.ts";

/** A frame as a test sees it: a name and what it carries. */
type Frame = readonly [name: string, channel: number, ...numbers: number[]] | readonly ["data", number, Uint8Array];

/** Records the frames, and joins the parts of a DATA frame. */
class Notes implements FrameSink {
  readonly frames: unknown[][] = [];
  bytes = new Uint8Array();

  onOpen(...open: number[]): void {
    this.frames.push(["open", ...open]);
  }
  onData(channel: number, offset: number, length: number): void {
    this.frames.push(["data", channel, ...this.bytes.subarray(offset, offset + length)]);
  }
  onFin(channel: number): void {
    this.frames.push(["fin", channel]);
  }
  onReset(channel: number, reason: ResetReason): void {
    this.frames.push(["rst", channel, reason]);
  }
  onCredit(channel: number, count: number): void {
    this.frames.push(["credit", channel, count]);
  }
  onPromote(channel: number): void {
    this.frames.push(["promote", channel]);
  }
  onSwitch(channel: number): void {
    this.frames.push(["switch", channel]);
  }
  onGoAway(): void {
    this.frames.push(["goAway", 0]);
  }
  onTrace(...trace: number[]): void {
    this.frames.push(["trace", 0, ...trace]);
  }
}

function encode(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(LONGEST_CONTROL + WINDOW);
  const [name, channel, first = 0, port = 0, servicePort = 0] = frame;
  if (first instanceof Uint8Array) return bytes.subarray(0, encodeData(bytes, 0, channel, first));
  switch (name) {
    case "open": {
      const address = [24, 16, 8, 0].map((shift) => first >>> shift & 255).join(".");
      return bytes.subarray(0, encodeOpen(bytes, 0, channel, { address, port, servicePort }));
    }
    case "rst":
      return bytes.subarray(0, encodeReset(bytes, 0, channel, first as ResetReason));
    case "credit":
      return bytes.subarray(0, encodeCredit(bytes, 0, channel, first));
    case "trace":
      return bytes.subarray(0, encodeTrace(bytes, 0, first, port));
    default:
      return bytes.subarray(0, encodeBare(bytes, 0, FRAME[name as "fin"], channel));
  }
}

/** Decodes pieces as they come from a connection. The rest of a piece comes again before the next one. */
function decode(pieces: readonly Uint8Array[]): { frames: unknown[][]; rest: number } {
  const notes = new Notes();
  const decoder = new FrameDecoder(notes);
  let rest = new Uint8Array();
  for (const piece of pieces) {
    notes.bytes = Uint8Array.from([...rest, ...piece]);
    const used = decoder.decode(notes.bytes, notes.bytes.length);
    rest = notes.bytes.slice(used);
    assert.ok(rest.length < LONGEST_CONTROL);
  }
  return { frames: notes.frames, rest: rest.length };
}

/** Joins the parts of DATA frames that follow each other on a channel. */
function joined(frames: readonly unknown[][]): unknown[][] {
  const all: unknown[][] = [];
  for (const frame of frames) {
    const last = all.at(-1);
    if (frame[0] === "data" && last?.[0] === "data" && last[1] === frame[1]) last.push(...frame.slice(2));
    else all.push([...frame]);
  }
  return all;
}

const channel = fc.integer({ min: 1, max: LAST_CHANNEL });
const port = fc.integer({ min: 1, max: 65_535 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.tuple(fc.constant("open"), channel, fc.nat(0xffff_ffff), port, port),
  fc.tuple(fc.constant("data" as const), channel, fc.uint8Array({ minLength: 1, maxLength: 50 })),
  fc.tuple(fc.constantFrom("fin", "promote", "switch"), channel),
  fc.tuple(fc.constant("rst"), channel, fc.nat(3)),
  fc.tuple(fc.constant("credit"), channel, fc.integer({ min: 1, max: WINDOW })),
  fc.constant(["goAway", 0] as const),
  fc.tuple(fc.constant("trace"), fc.constant(0), fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 3_600 })),
);

Deno.test("a FrameDecoder tells of every frame that was encoded, however they are cut", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(fc.array(frame, { maxLength: 20 }), sizes, (frames, sizes) => {
    const all = Uint8Array.from(frames.flatMap((frame) => [...encode(frame)]));
    const pieces: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < all.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(all.subarray(at, at + size));
      at += size;
    }
    const expected = frames.map((frame) =>
      frame.flatMap((field) => field instanceof Uint8Array ? [...field] : [field])
    );
    const decoded = decode(pieces);
    assert.deepEqual(joined(decoded.frames), joined(expected));
    assert.equal(decoded.rest, 0);
  }));
});

Deno.test("a FrameDecoder takes the longest DATA frame, and OPEN with each address", () => {
  const bytes = new Uint8Array(WINDOW).fill(7);
  assert.deepEqual(joined(decode([encode(["data", 1, bytes])]).frames), [["data", 1, ...bytes]]);
  for (const address of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xc0a8_960a]) {
    assert.deepEqual(decode([encode(["open", 5, address, 65_535, 1])]).frames, [["open", 5, address, 65_535, 1]]);
  }
});

const BAD: Readonly<Record<string, string>> = {
  "type 0": "00 000000 00000001",
  "a type beyond the last": "0a 000000 00000001",
  "type 255": "ff 000000 00000001",
  "OPEN that is too short": "01 000007 00000001 c0a8960a 9c4000",
  "OPEN that is too long": "01 000009 00000001 c0a8960a 9c40 13a6 00",
  "OPEN with the port 0": "01 000008 00000001 c0a8960a 0000 13a6",
  "OPEN with the service port 0": "01 000008 00000001 c0a8960a 9c40 0000",
  "OPEN with channel 0": "01 000008 00000000 c0a8960a 9c40 13a6",
  "OPEN with a channel beyond the last": "01 000008 40000001 c0a8960a 9c40 13a6",
  "DATA without bytes": "02 000000 00000001",
  "DATA with more than a window": "02 010001 00000001",
  "DATA with 16 MiB": "02 ffffff 00000001",
  "DATA with channel 0": "02 000001 00000000 00",
  "FIN with a payload": "03 000001 00000001 00",
  "RST without a reason": "04 000000 00000001",
  "RST with an unknown reason": "04 000001 00000001 04",
  "CREDIT for nothing": "05 000004 00000001 00000000",
  "CREDIT for more than a window": "05 000004 00000001 00010001",
  "CREDIT for more than fits": "05 000004 00000001 ffffffff",
  "PROMOTE with a payload": "06 000001 00000001 00",
  "SWITCH with channel 0": "07 000000 00000000",
  "GOAWAY with a channel": "08 000000 00000001",
  "TRACE with a channel": "09 000006 00000001 0a000001 003c",
  "TRACE for no time": "09 000006 00000000 0a000001 0000",
  "TRACE for too long": "09 000006 00000000 0a000001 0e11",
  "a request": "47455420 2f204854 54502f31 2e300d0a",
};

Deno.test("a FrameDecoder refuses what can't be a frame, and has told of what came before", () => {
  for (const [what, hex] of Object.entries(BAD)) {
    const notes = new Notes();
    const bytes = Uint8Array.from([...encode(["fin", 9]), ...Uint8Array.fromHex(hex.replaceAll(" ", ""))]);
    assert.throws(() => new FrameDecoder(notes).decode(bytes, bytes.length), ProtocolError, what);
    assert.deepEqual(notes.frames, [["fin", 9]], what);
  }
});

Deno.test("a FrameDecoder takes or refuses any bytes, and tells of nothing that is out of range", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(8), fc.nat(255)), { maxLength: 300 }), (bytes) => {
      try {
        for (const [name, channel] of decode([Uint8Array.from(bytes)]).frames) {
          assert.ok(name === "goAway" || name === "trace" || Number(channel) >= 1 && Number(channel) <= LAST_CHANNEL);
        }
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
