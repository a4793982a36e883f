import assert from "node:assert/strict";
import { encodeProbeAnswer, LONGEST_PROBE_ANSWER, parseProbeAnswer, type ProbeAnswer } from "./probe_answer.ts";

const ANSWER: ProbeAnswer = {
  from: "outer",
  attempts: [{ target: "10.11.12.13:5030", ms: 1.5 }, { target: "10.11.12.14:5030", error: "no answer" }],
  ms: 3.5,
};

function decoded(answer: ProbeAnswer): ProbeAnswer | undefined {
  return parseProbeAnswer(new TextDecoder().decode(encodeProbeAnswer(answer)));
}

Deno.test("what encodeProbeAnswer() encodes, parseProbeAnswer() understands", () => {
  assert.deepEqual(decoded(ANSWER), ANSWER);
  const failed: ProbeAnswer = { from: "inner", attempts: [], ms: 0, error: "no socket" };
  assert.deepEqual(decoded(failed), failed);
});

Deno.test("parseProbeAnswer() understands nothing that a service or a hostile proxy may send in its place", () => {
  const wrong = [
    "",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2",
    "[]",
    "null",
    ...[
      { from: "guest" },
      { ms: -1 },
      { ms: "1" },
      { error: 1 },
      { attempts: {} },
      { attempts: [null] },
      { attempts: [{ target: 1, ms: 1 }] },
      { attempts: [{ target: "a" }] },
      { attempts: [{ target: "a", ms: 1, error: "b" }] },
    ].map((part) => JSON.stringify({ ...ANSWER, ...part })),
  ];
  for (const text of wrong) assert.equal(parseProbeAnswer(text), undefined, text);
});

Deno.test("an answer that is too long is cut, and understood by nobody", () => {
  const long = { ...ANSWER, error: "x".repeat(LONGEST_PROBE_ANSWER) };
  assert.equal(encodeProbeAnswer(long).length, LONGEST_PROBE_ANSWER);
  assert.equal(decoded(long), undefined);
});
