import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import type { VmStream } from "../commands/streams.ts";
import { CONNECT_BOUNDS, type Counts } from "../protocol/counts.ts";
import { Meter } from "./measure.ts";
import { renderScreen } from "./render.ts";
import type { Sample } from "./sample.ts";

const BR0 = parseBridgeName("br0");
const BR1 = parseBridgeName("br1");

function countsOf(more: Partial<Counts>): Counts {
  return { listening: [], live: 0, total: 0, failed: 0, refused: 0, up: 0, down: 0, ...more };
}

function streamOf(id: number, up: number): VmStream {
  const remote = { remoteAddr: "10.11.12.13", remotePort: 7 };
  const guest = { bridge: BR0, guest: "192.168.150.10", guestPort: 40_000 + id, servicePort: 7 };
  return {
    id: `9f3a01c2-${id}` as VmStream["id"],
    ...guest,
    ...remote,
    since: 0,
    idleMs: 0,
    up,
    down: 0,
    state: "open",
  };
}

function sampleOf(at: number, up: number, streams: readonly VmStream[], more: Partial<Sample> = {}): Sample {
  const connects = [...CONNECT_BOUNDS.map(() => 0), at / 1000];
  const counted = { port: 7, live: 0, total: 0, up: 0, down: 0, connects, connectSeconds: at / 500_000 };
  const services = [{ ...counted, bridge: "br0", failed: 3, refused: { max_connections: 4 } }];
  const inners = new Map([
    [BR1, undefined],
    [BR0, { at, counts: countsOf({ up, refused: 1, failed: 2 }) }],
  ]);
  const outer = { at, counts: countsOf({ services }) };
  return { at, outers: 1, streams, omitted: 0, failures: [], outer, inners, ...more };
}

/** What is measured in the second second. */
function measure(more: Partial<Sample> = {}) {
  const meter = new Meter();
  meter.next(sampleOf(1_000, 0, [streamOf(1, 0), streamOf(2, 0)]));
  return meter.next(sampleOf(2_000, 5_000, [{ ...streamOf(1, 10), vm: 42 }, streamOf(2, 300)], more));
}

Deno.test("a bridge has its streams, rates, refusals and failures of both proxies, and connects", () => {
  const known = { bridge: BR0, streams: 2, upRate: 5_000, downRate: 0, refused: 5, failed: 5, connectSeconds: 0.002 };
  const { bridges, streams } = measure();
  const { connectSeconds = 0, ...rest } = bridges[0] ?? {};
  assert.deepEqual({ ...rest, connectSeconds: Math.round((connectSeconds ?? 0) * 1e6) / 1e6 }, known);
  assert.equal(bridges[1]?.refused, undefined);
  assert.deepEqual(streams.map(({ id, upRate }) => [id, upRate]), [["9f3a01c2-2", 300], ["9f3a01c2-1", 10]]);
});

Deno.test("streams that only a proxy that drains has count in the rate of their bridge", () => {
  const inners = new Map([[BR0, { at: 2_000, counts: countsOf({ up: 0 }) }]]);
  assert.equal(measure({ inners }).bridges[0]?.upRate, 310);
});

Deno.test("the screen shows the bridges, or the streams of the open one", () => {
  const size = { columns: 80, rows: 7 };
  const lines = renderScreen(measure(), { opened: undefined, line: 1 }, size);
  assert.deepEqual(lines.map(({ text, isMarked }) => `${isMarked ? "*" : " "}${text}`), [
    " tproxy top  bridges: 2  streams: 2  00:00:02 UTC",
    " ",
    "*bridge  streams  up/s  down/s  refused  failed  connect",
    " br0     2        4.9K  0       5        5       2.0ms",
    "*br1     0        -     -       -        -       -",
    " ",
    " Up/Down select  Enter open  q quit",
  ]);
  const opened = renderScreen(measure(), { opened: BR0, line: 0 }, size).map(({ text }) => text);
  assert.deepEqual(opened.slice(2, 5), [
    "guest                 port  open for  up   down  up/s  down/s  state  vm",
    "192.168.150.10:40002  7     2s        300  0     300   0       open   -",
    "192.168.150.10:40001  7     2s        10   0     10    0       open   42",
  ]);
});

Deno.test("the screen is never exceeded, and the selected line is always on it", () => {
  for (const [columns, rows] of [[20, 5], [1, 1], [80, 24], [0, 0]] as const) {
    for (const line of [0, 1, 99]) {
      const lines = renderScreen(measure(), { opened: BR0, line }, { columns, rows });
      assert.ok(lines.length <= rows && lines.every(({ text }) => text.length <= columns), `${columns} ${rows}`);
      if (rows >= 5) assert.equal(lines.slice(3).filter(({ isMarked }) => isMarked).length, 1);
    }
  }
});

Deno.test("nothing that was read can move the cursor", () => {
  const failures = ["\x1b[2J\x9b1m€\n"];
  const [, note] = renderScreen(measure({ failures }), { opened: undefined, line: 0 }, { columns: 80, rows: 24 });
  assert.equal(note?.text, "?[2J?1m??");
});
