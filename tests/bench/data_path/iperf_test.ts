import assert from "node:assert/strict";
import { parseIperf } from "./iperf.ts";

Deno.test("parseIperf() takes what the receiver counted", () => {
  const end = { sum_sent: { bits_per_second: 9e9, bytes: 9 }, sum_received: { bits_per_second: 8.5e9, bytes: 2e9 } };
  assert.deepEqual(parseIperf(JSON.stringify({ start: {}, end })), { gbits: 8.5, gigabytes: 2 });
});

Deno.test("parseIperf() tells why there is nothing", () => {
  const busy = "error - the server is busy running a test. try again later";
  assert.deepEqual(parseIperf(JSON.stringify({ start: {}, end: {}, error: busy })), { error: busy });
  assert.deepEqual(parseIperf(JSON.stringify({ end: { sum_received: { bits_per_second: 0 } } })), {
    error: "nothing arrived",
  });
});
