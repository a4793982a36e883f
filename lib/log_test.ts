import assert from "node:assert/strict";
import fc from "fast-check";
import { isDebugLevel, log } from "./log.ts";
import { jsonLine, type LogRecord, plainLine } from "./log_lines.ts";

function record(overrides: Partial<LogRecord> = {}): LogRecord {
  return {
    level: "warning",
    message: "Skipped 2 entries",
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    fields: {},
    ...overrides,
  };
}

Deno.test("jsonLine() begins with time, level and message, followed by the fields", () => {
  assert.equal(
    jsonLine(record({ fields: { bridge: "br0", port: 5030 } })),
    '{"time":"2026-01-02T03:04:05.678Z","level":"warning","message":"Skipped 2 entries","bridge":"br0","port":5030}\n',
  );
});

Deno.test("jsonLine() is one JSON object in one line, whatever a guest or a service put into the fields", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r", "\u2028", "\0", "\x1b", '"', "\\", "{", "}") });
  fc.assert(fc.property(text, text, (said, error) => {
    const line = jsonLine(record({ message: said, fields: { error } }));
    assert.equal(line.indexOf("\n"), line.length - 1);
    const { message, error: field } = JSON.parse(line);
    assert.deepEqual([message, field], [said, error]);
  }));
});

Deno.test("plainLine() puts the fields behind the message", () => {
  assert.equal(plainLine(record({ level: "info" })), "info: Skipped 2 entries\n");
  assert.equal(
    plainLine(record({ fields: { bridge: "br0", ports: "80 443" } })),
    "warning: Skipped 2 entries (bridge=br0, ports=80 443)\n",
  );
});

Deno.test("isDebugLevel() accepts 0 to 3 and nothing else", () => {
  for (const value of [0, 1, 2, 3]) assert.equal(isDebugLevel(value), true);
  for (const value of [-1, 4, 1.5, NaN, "2", true, null, undefined]) assert.equal(isDebugLevel(value), false);
});

Deno.test("plainLine() stays one line, whatever a tenant has called a network", () => {
  const line = plainLine(record({ fields: { name: "a\nerror: b" } }));
  assert.equal(line, 'warning: Skipped 2 entries (name="a\\nerror: b")\n');
});

Deno.test("a logger that nobody has told where its lines go is off", () => {
  for (const level of ["error", "warning", "info", "debug"] as const) assert.equal(log.enabled(level), false);
  log.error("Nobody reads this");
});
