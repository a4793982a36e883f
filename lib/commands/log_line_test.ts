import assert from "node:assert/strict";
import fc from "fast-check";
import { parseBridgeName } from "../names.ts";
import { streamId } from "../protocol/stream_id.ts";
import { isMeant, isOlder, type LogLine, LONGEST_LOG_LINE, parseLogLine, renderLogLine } from "./log_line.ts";
import { parseSince } from "./logs.ts";

const BR0 = parseBridgeName("br0");
const TIME = "2026-11-27T06:58:04.123Z";
const NO_VMS = () => undefined;

function line(fields: Readonly<Record<string, unknown>> = {}, bridge: LogLine["bridge"] = BR0): LogLine {
  const text = JSON.stringify({ time: TIME, level: "info", message: "Opened", ...fields });
  const parsed = parseLogLine(text, bridge);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

Deno.test("parseLogLine() reads what a proxy writes, as it is", () => {
  const text = `{"time":"${TIME}","level":"debug","message":"Opened","bridge":"br0","port":80}`;
  const parsed = parseLogLine(text, BR0);
  assert.deepEqual([parsed?.json, parsed?.time, parsed?.bridge], [text, Date.parse(TIME), "br0"]);
});

Deno.test("parseLogLine() takes nothing else, and never throws", () => {
  const others = [
    ...["", "{", "null", "[]", "7", "{}", `{"time":"${TIME}","level":"info"}`, "Segmentation fault"],
    `{"time":"yesterday","level":"info","message":"x"}`,
    `{"time":"2026-99-99T06:58:04.123Z","level":"info","message":"x"}`,
    JSON.stringify({ time: TIME, level: "info", message: "x".repeat(LONGEST_LOG_LINE) }),
  ];
  for (const text of others) assert.equal(parseLogLine(text, BR0), undefined, text.slice(0, 80));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.equal(parseLogLine(text, BR0), undefined)));
});

Deno.test("whatever a proxy writes, neither form of a line can move a cursor or begin another line", () => {
  const unsafe = fc.constantFrom("\u001b[2J", "\n", "\r", "\u009b2J", "\u202e", "\u2028", "\u007f", "\u0007");
  const text = fc.array(fc.oneof(fc.string(), unsafe), { maxLength: 5 }).map((parts) => parts.join(""));
  // V8 15.0 takes the key "\u202e", if it is written with an escape, for the key "\\" where it has parsed an object
  // with that one before. So no key has a backslash here.
  const key = text.filter((name) => !name.includes("\\"));
  const value = fc.oneof(text, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null), fc.array(text));
  fc.assert(fc.property(fc.dictionary(key, value), text, (fields, message) => {
    const { json, ...rest } = line({ ...fields, time: TIME, level: "info", message });
    const shown = renderLogLine({ json, ...rest }, NO_VMS);
    for (const one of [json, shown]) assert.doesNotMatch(one, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ ...fields, time: TIME, level: "info", message })));
  }));
});

Deno.test("renderLogLine() prints time, level, proxy and message in columns, then the fields", () => {
  assert.equal(
    renderLogLine(line({ bridge: "br0", guest: "10.0.0.2:4711", why: "it was silent", up: 7 }), NO_VMS),
    `${TIME}  info     br0    Opened  guest=10.0.0.2:4711  why="it was silent"  up=7`,
  );
  const outer = parseLogLine(JSON.stringify({ time: TIME, level: "warning", message: "No", bridge: "br0" }), undefined);
  assert.equal(outer && renderLogLine(outer, NO_VMS), `${TIME}  warning  outer  No  bridge=br0`);
});

Deno.test("renderLogLine() names the VM that had the address when the stream was opened, and not what a proxy says", () => {
  const asked: unknown[] = [];
  const findVm = (...question: unknown[]) => {
    asked.push(question);
    return { vm: 42, network: "private net" };
  };
  const fields = { guest: "10.0.0.2:4711", vm: 7, network: "x" };
  const shown = renderLogLine(line({ ...fields, bridge: "br9", ms: 1_000 }), findVm);
  assert.equal(shown, `${TIME}  info     br0    Opened  guest=10.0.0.2:4711  ms=1000  vm=42  network="private net"`);
  assert.deepEqual(asked, [["br0", "10.0.0.2", Date.parse(TIME) - 1_000]], "the log tells the bridge, not the line");
  const ofOuter = { ...line({ ...fields, bridge: "br1" }), bridge: undefined };
  assert.match(renderLogLine(ofOuter, findVm), /^.* {2}outer {2}.* {2}vm=42 /);
  assert.deepEqual(asked[1], ["br1", "10.0.0.2", Date.parse(TIME)]);
  assert.doesNotMatch(renderLogLine(line(fields), NO_VMS), /vm=|network=/);
  assert.doesNotMatch(renderLogLine({ ...line({ guest: 7 }), bridge: undefined }, findVm), /vm=/);
});

Deno.test("isMeant() compares the bridge, the guest with and without its port, the port, the stream and the time", () => {
  const stream = streamId(7, 1);
  const some = line({ guest: "10.0.0.2:4711", port: 80, stream });
  const outer = { ...line({ bridge: "br0" }), bridge: undefined };
  assert.ok(isMeant(some, { bridge: BR0, guest: "10.0.0.2", servicePort: 80, stream, since: Date.parse(TIME) }));
  assert.ok(isMeant(line({ guest: "10.0.0.2" }), { guest: "10.0.0.2" }));
  assert.ok(isMeant(outer, { bridge: BR0 }));
  const others = [
    { bridge: parseBridgeName("br1") },
    { guest: "10.0.0.20" },
    { guest: "10.0.0" },
    { servicePort: 8 },
    { stream: streamId(7, 11) },
    { since: Date.parse(TIME) + 1 },
  ];
  for (const filter of others) assert.ok(!isMeant(some, filter), JSON.stringify(filter));
});

Deno.test("isOlder() tells by the beginning of a line alone, and takes no line for older that may not be", () => {
  const text = JSON.stringify({ time: TIME, level: "info", message: "x" });
  assert.ok(isOlder(text, Date.parse(TIME) + 1));
  assert.ok(!isOlder(text, Date.parse(TIME)));
  for (const other of ["", "{}", '{"level":"info"}', '{"time":7}']) assert.ok(!isOlder(other, 8e15));
});

Deno.test("parseSince() takes how long ago, or a time in UTC, and nothing else", () => {
  const now = Date.parse(TIME);
  const ago = [["10s", 10_000], ["5m", 300_000], ["2h", 7_200_000], ["3d", 259_200_000]] as const;
  for (const [text, ms] of ago) assert.equal(parseSince(text, now), now - ms);
  for (const text of ["2026-11-27T06:58", "2026-11-27 06:58", "2026-11-27T06:58:00Z", "2026-11-27T06:58:00.000Z"]) {
    assert.equal(new Date(parseSince(text, now)).toISOString(), "2026-11-27T06:58:00.000Z", text);
  }
  assert.equal(parseSince("2026-11-27", now), Date.parse("2026-11-27T00:00:00Z"));
  for (const text of ["", "yesterday", "10", "-5m", "2026-13-01", "10 m", "\u001b[2J"]) {
    assert.throws(() => parseSince(text, now), /^InputError: ".*" is no time$/, text);
  }
});
