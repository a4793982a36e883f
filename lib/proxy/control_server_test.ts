import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { LONGEST_QUESTION, type Question, renderQuestion } from "../protocol/control.ts";
import { type AnswerLine, MOST_LISTED, parseLine, type StreamInfo } from "../protocol/control_answer.ts";
import { streamId } from "../protocol/stream_id.ts";
import { ControlServer } from "./control_server.ts";
import { Deadlines } from "./deadlines.ts";
import { answerQuestion, type LiveStream } from "./live_stream.ts";

/** A connection that has sent some pieces, and notes what it gets. */
class Asker {
  readonly #pieces: Uint8Array[];
  readonly #decoder = new TextDecoder();
  text = "";
  closed = false;

  constructor(...pieces: string[]) {
    this.#pieces = pieces.map((piece) => new TextEncoder().encode(piece));
  }

  get lines(): (AnswerLine | undefined)[] {
    return this.text.trimEnd().split("\n").map(parseLine);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const piece = this.#pieces.shift();
    if (piece === undefined) return Promise.resolve(null);
    const length = Math.min(piece.length, buffer.length);
    buffer.set(piece.subarray(0, length));
    if (length < piece.length) this.#pieces.unshift(piece.subarray(length));
    return Promise.resolve(length);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.text += this.#decoder.decode(bytes);
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.closed = true;
  }
}

class TestStream implements LiveStream {
  isKilled = false;
  readonly #info: StreamInfo;

  constructor(channel: number, guest = "192.168.150.10", bridge = "br0", servicePort = 80) {
    this.#info = {
      ...{ id: streamId(7, channel), bridge: parseBridgeName(bridge), guest, guestPort: 40_000, servicePort },
      ...{ remoteAddr: "10.0.0.1", remotePort: 8080, since: 0, idleMs: 0, up: 1, down: 2, state: "open" },
    };
  }

  info(): StreamInfo {
    return this.#info;
  }

  kill(): void {
    this.isKilled = true;
  }
}

const STREAMS: Question = { ask: "streams", which: {} };

function serverOf(streams: Iterable<LiveStream>): ControlServer {
  return new ControlServer({
    answer: (question) => answerQuestion(question as Exclude<Question, { ask: "trace" }>, streams),
  }, new Deadlines());
}

async function ask(streams: Iterable<LiveStream>, question: Question, kind: "look" | "act" = "look") {
  const asker = new Asker(renderQuestion(question));
  await serverOf(streams).serve(asker, kind);
  assert.ok(asker.closed);
  return asker.lines;
}

const idsOf = (lines: readonly (AnswerLine | undefined)[]) =>
  lines.flatMap((line) => line !== undefined && "stream" in line ? [line.stream.id] : []);

Deno.test("a question for streams is answered by those that are meant, and a last line", async () => {
  const streams = [
    new TestStream(1),
    new TestStream(2, "192.168.150.11"),
    new TestStream(3, "192.168.150.10", "br1"),
    new TestStream(4, "192.168.150.10", "br0", 81),
  ];
  const which = { bridge: parseBridgeName("br0"), guest: "192.168.150.10", servicePort: 80 };
  assert.deepEqual(idsOf(await ask(streams, { ask: "streams", which })), ["00000007-1"]);
  assert.deepEqual(idsOf(await ask(streams, STREAMS)).length, 4);
  assert.deepEqual(await ask([], STREAMS), [{ omitted: 0 }]);
});

Deno.test("of more streams than an answer may have, the number of the others is told", async () => {
  const streams = Array.from({ length: MOST_LISTED + 3 }, (_, i) => new TestStream(i + 1));
  const lines = await ask(streams, STREAMS);
  assert.equal(lines.length, MOST_LISTED + 1);
  assert.deepEqual(lines.at(-1), { omitted: 3 });
});

Deno.test("the streams with the IDs that were named are killed, or those of a guest, and no others", async () => {
  const streams = [new TestStream(1), new TestStream(2), new TestStream(12, "192.168.150.11")];
  const killed = () => streams.map(({ isKilled }) => isKilled);
  const byId: Question = { ask: "kill", streams: [streamId(7, 2), streamId(8, 1)] };
  assert.deepEqual(idsOf(await ask(streams, byId, "act")), ["00000007-2"]);
  assert.deepEqual(killed(), [false, true, false]);
  assert.deepEqual(idsOf(await ask(streams, { ask: "kill-guest", guest: "192.168.150.1" }, "act")), []);
  assert.deepEqual(killed(), [false, true, false]);
  await ask(streams, { ask: "kill-guest", guest: "192.168.150.11" }, "act");
  assert.deepEqual(killed(), [false, true, true]);
});

Deno.test("who may only look can't kill, and the socket for killing lists nothing", async () => {
  const stream = new TestStream(1);
  const refused = [{ refused: "unknown" }];
  assert.deepEqual(await ask([stream], { ask: "kill", streams: [streamId(7, 1)] }), refused);
  assert.deepEqual(await ask([stream], { ask: "kill-guest", guest: "192.168.150.10" }), refused);
  assert.deepEqual(await ask([stream], STREAMS, "act"), refused);
  assert.ok(!stream.isKilled);
});

Deno.test("a question may come in pieces; what is none, is too long or ends before its end is refused", async () => {
  const text = renderQuestion(STREAMS);
  for (
    const [pieces, answer] of [
      [[...text], { omitted: 0 }],
      [[text + text], { omitted: 0 }],
      [["GET / HTTP/1.1\r\n\r\n"], { refused: "unknown" }],
      [[text.trimEnd()], { refused: "unknown" }],
      [[" ".repeat(LONGEST_QUESTION), text], { refused: "unknown" }],
      [[], { refused: "unknown" }],
    ] as const
  ) {
    const asker = new Asker(...pieces);
    await serverOf([]).serve(asker, "look");
    assert.deepEqual(asker.lines, [answer]);
    assert.ok(asker.closed);
  }
});

Deno.test("whoever keeps connections open keeps nobody out for long: a fifth is told so, and each has a deadline", async () => {
  const server = serverOf([]);
  const silent = Array.from({ length: 4 }, () => {
    const asker = new Asker();
    const { promise, resolve } = Promise.withResolvers<null>();
    asker.read = () => promise;
    return { asker, served: server.serve(asker, "look"), end: () => resolve(null) };
  });
  const fifth = new Asker(renderQuestion(STREAMS));
  await server.serve(fifth, "look");
  assert.deepEqual(fifth.lines, [{ refused: "busy" }]);
  for (const { end } of silent) end();
  await Promise.all(silent.map(({ served }) => served));
  const next = new Asker(renderQuestion(STREAMS));
  await server.serve(next, "look");
  assert.deepEqual(next.lines, [{ omitted: 0 }]);
});
