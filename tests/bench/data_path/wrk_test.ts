import assert from "node:assert/strict";
import { parseWrk } from "./wrk.ts";

const OUTPUT = `Running 1s test @ http://169.254.16.9:8080/small
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms  512.00us  12.01ms   95.12%
    Req/Sec    31.10k     1.20k   33.00k    70.00%
  Latency Distribution
     50%  870.00us
     75%    1.03ms
     90%    1.41ms
     99%    1.20s 
  34115 requests in 1.10s, 41.02MB read
Requests/sec:  30995.12
Transfer/sec:     37.27MB
`;

Deno.test("parseWrk() reads the rate, and the times in milliseconds", () => {
  assert.deepEqual(parseWrk(OUTPUT), { rate: 30995.12, count: 34115, p50: 0.87, p99: 1200, errors: 0 });
});

Deno.test("parseWrk() sums up what failed", () => {
  const failed = "  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n";
  assert.equal(parseWrk(OUTPUT.replace("Requests/sec", `${failed}Requests/sec`)).errors, 54321);
});

Deno.test("parseWrk() refuses what it does not know", () => {
  assert.throws(() => parseWrk("unable to connect to 169.254.16.9:8080 Connection refused\n"), /unable to connect/);
});
