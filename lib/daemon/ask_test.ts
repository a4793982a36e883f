import assert from "node:assert/strict";
import fc from "fast-check";
import { DaemonError } from "../errors.ts";
import { parseBridgeName } from "../names.ts";
import { MOST_LISTED, renderLine, type StreamInfo } from "../protocol/control_answer.ts";
import { streamId } from "../protocol/stream_id.ts";
import { readAnswer } from "./ask.ts";

const STREAM: StreamInfo = {
  ...{ id: streamId(7, 1), bridge: parseBridgeName("br0"), guest: "192.168.150.10", guestPort: 4711, servicePort: 80 },
  ...{ remoteAddr: "10.0.0.1", remotePort: 8080, since: 0, idleMs: 0, up: 1, down: 2, state: "open" },
};

/** A connection from which pieces can be read. */
function from(pieces: Iterable<Uint8Array>): Pick<Deno.Conn, "read"> {
  const left = pieces[Symbol.iterator]();
  return {
    read(buffer) {
      const { value, done } = left.next();
      if (done === true) return Promise.resolve(null);
      buffer.set(value);
      return Promise.resolve(value.length);
    },
  };
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("readAnswer() reads an answer in whatever pieces it comes", async () => {
  const text = bytes(renderLine({ stream: STREAM }).repeat(3) + renderLine({ omitted: 2 }));
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (length) => {
    const pieces = Array.from(
      { length: Math.ceil(text.length / length) },
      (_, i) => text.subarray(i * length, (i + 1) * length),
    );
    assert.deepEqual(await readAnswer(from(pieces)), { streams: [STREAM, STREAM, STREAM], omitted: 2 });
  }));
});

Deno.test("readAnswer() says so if an outer refuses, ends too early, or writes what none ever would", async () => {
  const bad: [string, RegExp][] = [
    [renderLine({ refused: "busy" }), /asked by too many/],
    [renderLine({ refused: "unknown" }), /another version/],
    [renderLine({ stream: STREAM }), /ended while it answered/],
    ["\u001b[2J\n", /taken over/],
    [`{"stream":{"id":"\u001b[2J"}}\n`, /taken over/],
    [`{"omitted":0,"padding":"${"x".repeat(600)}"}\n`, /taken over/],
  ];
  for (const [text, message] of bad) {
    await assert.rejects(
      readAnswer(from([bytes(text)])),
      (error) => error instanceof DaemonError && message.test(error.message) && !error.message.includes("\u001b"),
    );
  }
});

Deno.test("readAnswer() gives up an answer without end, be it one line or many", async () => {
  function* forever(text: string) {
    for (let i = 0; i < MOST_LISTED; i++) yield bytes(text);
    assert.fail("it reads on and on");
  }
  await assert.rejects(readAnswer(from(forever("x".repeat(1000)))), /taken over/);
  await assert.rejects(readAnswer(from(forever(renderLine({ stream: STREAM }).repeat(100)))), /taken over/);
});
