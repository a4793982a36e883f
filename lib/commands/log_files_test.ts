import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { findLogs } from "./log_files.ts";
import type { LogLine } from "./log_line.ts";
import { LogTail } from "./log_tail.ts";
import { mergeLines } from "./merge_lines.ts";

const NAMES = [
  ...["one_tproxy_br0.log.2.gz", "one_tproxy_br0.log", "one_tproxy.log.1", "one_tproxy.log", "one_tproxy_br0.log.1"],
  ...["one_tproxy_br0.log.10.gz", "one_tproxy_a b.log", "one_tproxy_br0.log.not-ours-7", "one_tproxy.logs", "syslog"],
  "one_tproxy_br1.log",
];

Deno.test("findLogs() finds outer's log and those of bridges, each with its rotated ones from the oldest on", () => {
  const found = findLogs(NAMES).map(({ current, rotated }) => [current, ...rotated].map(({ path }) => path));
  assert.deepEqual(found, [
    ["/var/log/one_tproxy.log", "/var/log/one_tproxy.log.1"],
    ["/var/log/one_tproxy_br0.log", ...[".10.gz", ".2.gz", ".1"].map((end) => `/var/log/one_tproxy_br0.log${end}`)],
    ["/var/log/one_tproxy_br1.log"],
  ]);
  const only = findLogs(NAMES, parseBridgeName("br1")).map(({ current }) => current.bridge);
  assert.deepEqual(only, [undefined, "br1"]);
});

function lineAt(time: number, json: string): LogLine {
  return { time, json, bridge: undefined, fields: {} };
}

Deno.test("mergeLines() merges by time, and keeps the order of each log even where a clock went back", async () => {
  const logs = [
    [lineAt(1, "a1"), lineAt(5, "a5"), lineAt(4, "a4")],
    [],
    [lineAt(1, "b1"), lineAt(2, "b2"), lineAt(9, "b9")],
  ];
  const merged = (await Array.fromAsync(mergeLines(logs))).map(({ json }) => json);
  assert.deepEqual(merged, ["a1", "b1", "b2", "a5", "a4", "b9"]);
});

const text = (message: string) => `${JSON.stringify({ time: "2026-11-27T06:58:04.123Z", level: "info", message })}\n`;

Deno.test("LogTail.split() finds the lines however they are cut, counts those that are none, and holds no endless one", () => {
  const all = new TextEncoder().encode(`${text("one é")}Segmentation fault\n\n${"x".repeat(200_000)}\n${text("two")}`);
  for (const length of [1, 7, 1000, 65_536]) {
    const tail = new LogTail({ path: "/var/log/x", bridge: undefined, user: 0 }, 0);
    const found: unknown[] = [];
    for (let at = 0; at < all.length; at += length) {
      for (const line of tail.split(all.subarray(at, at + length))) found.push(line.fields["message"]);
    }
    assert.deepEqual([found, tail.strange], [["one é", "two"], 2], `${length}`);
  }
});
