import assert from "node:assert/strict";
import {
  areReadBuffersShort,
  leaveReadBuffer,
  type ReadBuffer,
  releaseReadBuffer,
  takeReadBuffer,
} from "./read_buffers.ts";

Deno.test("read buffers are short when peers hold up 16 of them, however many strings there are", () => {
  const ofStrings = Array.from({ length: 100 }, takeReadBuffer);
  assert.equal(areReadBuffersShort(), false);
  const heldUp: ReadBuffer[] = [];
  while (!areReadBuffersShort()) {
    const buffer = takeReadBuffer();
    buffer.users++;
    leaveReadBuffer(buffer);
    heldUp.push(buffer);
  }
  assert.equal(heldUp.length, 16);
  assert.equal(new Set([...ofStrings, ...heldUp]).size, 116, "somebody's buffer was given to another");
  heldUp.forEach(releaseReadBuffer);
  assert.equal(areReadBuffersShort(), false);
  const again = takeReadBuffer();
  assert.ok(heldUp.includes(again) && again.users === 1);
  for (const buffer of [...ofStrings, again]) leaveReadBuffer(buffer);
  assert.equal(areReadBuffersShort(), false);
});
