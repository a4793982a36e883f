import assert from "node:assert/strict";
import fc from "fast-check";
import { parseBridgeName } from "../names.ts";
import { LONGEST_QUESTION, MOST_IDS, parseQuestion, type Question, renderQuestion } from "./control.ts";
import { type AnswerLine, LONGEST_LINE, parseLine, renderLine, type StreamInfo } from "./control_answer.ts";
import { LAST_CHANNEL } from "./frames.ts";
import { isStreamId, streamId } from "./stream_id.ts";

const id = fc.tuple(fc.nat({ max: 0xffff_ffff }), fc.integer({ min: 1, max: LAST_CHANNEL }))
  .map(([string, channel]) => streamId(string, channel));
const port = fc.integer({ min: 1, max: 65_535 });
const count = fc.maxSafeNat();
const bridge = fc.constantFrom("br0", "onebr.12", "abcdefghijklmno").map(parseBridgeName);

const question: fc.Arbitrary<Question> = fc.oneof(
  fc.record({
    ask: fc.constant("streams" as const),
    which: fc.record({ bridge, guest: fc.ipV4(), servicePort: port }, { requiredKeys: [] }),
  }),
  fc.record({ ask: fc.constant("kill" as const), streams: fc.array(id, { minLength: 1 }) }),
  fc.record({ ask: fc.constant("kill-guest" as const), guest: fc.ipV4() }),
  fc.record({ ask: fc.constant("trace" as const), guest: fc.ipV4(), seconds: fc.integer({ min: 1, max: 3600 }) }),
);

const stream: fc.Arbitrary<StreamInfo> = fc.record({
  id,
  bridge,
  guest: fc.ipV4(),
  guestPort: port,
  servicePort: port,
  remoteAddr: fc.ipV4(),
  remotePort: port,
  since: fc.nat({ max: 4e12 }),
  idleMs: count,
  up: count,
  down: count,
  state: fc.constantFrom("connecting", "open", "guest-ended", "service-ended"),
});

const line: fc.Arbitrary<AnswerLine> = fc.oneof(
  fc.record({ stream }),
  fc.record({ omitted: count }),
  fc.record({ refused: fc.constantFrom("busy" as const, "unknown" as const) }),
);

Deno.test("parseQuestion() reads every question that renderQuestion() writes", () => {
  fc.assert(fc.property(question, (question) => {
    assert.deepEqual(parseQuestion(renderQuestion(question)), JSON.parse(JSON.stringify(question)));
  }));
});

Deno.test("parseLine() reads every line that renderLine() writes, none of which is too long", () => {
  fc.assert(fc.property(line, (line) => {
    const text = renderLine(line);
    assert.ok(text.length <= LONGEST_LINE);
    assert.deepEqual(parseLine(text), JSON.parse(text));
  }));
});

Deno.test("the longest question that names IDs fits", () => {
  const streams = Array.from({ length: MOST_IDS }, () => streamId(0xffff_ffff, LAST_CHANNEL));
  const text = renderQuestion({ ask: "kill", streams });
  assert.ok(text.length <= LONGEST_QUESTION);
  assert.equal(parseQuestion(text)?.ask, "kill");
  assert.equal(parseQuestion(renderQuestion({ ask: "kill", streams: [...streams, ...streams] })), undefined);
});

Deno.test("parseQuestion() and parseLine() take no other text, and never throw", () => {
  const anything = fc.oneof(fc.json(), fc.string());
  fc.assert(fc.property(anything, (text) => {
    assert.equal(parseQuestion(text), undefined);
    assert.equal(parseLine(text), undefined);
  }));
  for (const ask of ["trace", "streams", "kill", 1, null]) {
    assert.equal(parseQuestion(JSON.stringify({ ask, streams: [] })), undefined);
  }
  assert.equal(parseQuestion('{"ask":"streams","which":{"guest":"1.2.3.4; reboot"}}'), undefined);
  assert.equal(parseQuestion('{"ask":"streams","which":{"bridge":"../br0"}}'), undefined);
  assert.equal(parseQuestion('{"ask":"kill","streams":["9f3a01c2-17","*"]}'), undefined);
});

Deno.test("parseLine() takes no stream with a field that could move a cursor, or that is missing", () => {
  const names = ["id", "bridge", "guest", "guestPort", "servicePort", "remoteAddr", "remotePort"] as const;
  const others = ["since", "idleMs", "up", "down", "state"] as const;
  const bad = fc.oneof(
    fc.constant("\u001b[2J"),
    fc.constant(-1),
    fc.constant(1e300),
    fc.constant(undefined),
    fc.object(),
  );
  fc.assert(fc.property(stream, fc.constantFrom(...names, ...others), bad, (stream, name, value) => {
    assert.equal(parseLine(JSON.stringify({ stream: { ...stream, [name]: value } })), undefined);
  }));
});

Deno.test("parseLine() leaves out what it does not know", () => {
  fc.assert(fc.property(stream, (stream) => {
    const text = JSON.stringify({ stream: { ...stream, title: "\u001b]0;owned\u0007" } });
    assert.deepEqual(parseLine(text), JSON.parse(JSON.stringify({ stream })));
  }));
});

Deno.test("isStreamId() knows what streamId() writes, and nothing near it", () => {
  fc.assert(fc.property(id, (id) => assert.ok(isStreamId(id))));
  assert.equal(streamId(7, 17), "00000007-17");
  for (const text of ["", "7-17", "00000007-0", "00000007-017", "0000000G-1", `00000007-${LAST_CHANNEL + 1}`, 7]) {
    assert.ok(!isStreamId(text), String(text));
  }
});
