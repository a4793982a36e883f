import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../limits.ts";
import { type NotedSettings, parseNoted, renderNoted } from "./settings.ts";

const NOTED: NotedSettings = { processOwner: "oneadmin", debugLevel: 1, limits: DEFAULT_LIMITS };
const NOTE = renderNoted("/a.conf", "1 2 3", NOTED);

Deno.test("parseNoted() reads what renderNoted() has written of the same file", () => {
  assert.deepEqual(parseNoted(NOTE, "/a.conf", "1 2 3"), NOTED);
  const nobody = { ...NOTED, processOwner: undefined };
  assert.deepEqual(parseNoted(renderNoted("/a.conf", "1", nobody), "/a.conf", "1"), nobody);
});

Deno.test("parseNoted() takes nothing of another file, another state of it, another version or a damaged note", () => {
  assert.equal(parseNoted(NOTE, "/b.conf", "1 2 3"), undefined);
  assert.equal(parseNoted(NOTE, "/a.conf", "1 2 4"), undefined);
  const changes: Record<string, unknown>[] = [
    { version: "0.0.0" },
    { limits: {} },
    { limits: { ...DEFAULT_LIMITS, drainTimeoutMs: -1 } },
    { debugLevel: 4 },
    { processOwner: 0 },
  ];
  for (const change of changes) {
    const text = JSON.stringify({ ...JSON.parse(NOTE), ...change });
    assert.equal(parseNoted(text, "/a.conf", "1 2 3"), undefined, JSON.stringify(change));
  }
  for (const text of ["", "{", "null", "[]", "7"]) assert.equal(parseNoted(text, "/a.conf", "1 2 3"), undefined);
});
