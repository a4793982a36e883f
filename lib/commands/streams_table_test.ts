import assert from "node:assert/strict";
import { InputError } from "../errors.ts";
import { parseBridgeName } from "../names.ts";
import { streamId } from "../protocol/stream_id.ts";
import { parseIds } from "./kill.ts";
import { renderBytes, renderDuration, renderStreams } from "./streams_table.ts";

Deno.test("renderStreams() prints a row for each stream, and nothing for none", () => {
  assert.equal(renderStreams([]), "");
  const stream = {
    ...{
      id: streamId(7, 1),
      bridge: parseBridgeName("br0"),
      guest: "192.168.150.10",
      guestPort: 4711,
      servicePort: 80,
    },
    ...{
      remoteAddr: "10.0.0.1",
      remotePort: 8080,
      since: 1_764_000_000_123,
      idleMs: 61_000,
      up: 1500,
      down: 2_000_000,
    },
    state: "open" as const,
  };
  assert.equal(
    renderStreams([stream]),
    "id          bridge  guest                port  remote         since                 idle  up    down  state\n" +
      "00000007-1  br0     192.168.150.10:4711  80    10.0.0.1:8080  2025-11-24T16:00:00Z  61s   1.5K  1.9M  open",
  );
  const [head, own, other] = renderStreams([{ ...stream, vm: 42, network: "x".repeat(99) }, stream]).split("\n");
  assert.match(`${head}`, / {2}state {2}vm {2}network$/);
  assert.match(`${own}`, / {2}open {3}42 {2}x{20}$/);
  assert.match(`${other}`, / {2}open {3}- {3}-$/);
});

Deno.test("renderBytes() and renderDuration() take the unit in which the number is short", () => {
  assert.deepEqual([0, 999, 1000, 10_240, 1_048_576, 5e9, 2 ** 53].map(renderBytes), [
    ...["0", "999", "1.0K", "10K", "1.0M", "4.7G", "8192T"],
  ]);
  assert.deepEqual([0, 999, 61_000, 120_000, 7_200_000, 200_000_000].map(renderDuration), [
    ...["0s", "0s", "61s", "2m", "2h", "2d"],
  ]);
});

Deno.test("parseIds() takes what tproxy streams prints, and says what to take in place of anything else", () => {
  assert.deepEqual(parseIds(["00000007-1"]), ["00000007-1"]);
  assert.throws(
    () => parseIds(["00000007-1", "\u001b[2J"]),
    (error) => error instanceof InputError && error.message === '"\\u001b[2J" is no ID of a stream',
  );
});
