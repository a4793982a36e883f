import assert from "node:assert/strict";
import { Samples } from "./samples.ts";
import { judge } from "./targets.ts";

function verdictOf(samples: Samples, what: string): { found: number | undefined; met: boolean } {
  const verdict = judge(samples).find((verdict) => verdict.what === what);
  assert.ok(verdict, what);
  return { found: verdict.found, met: verdict.met };
}

Deno.test("judge() compares requests with the faster haproxy, whichever it is", () => {
  const samples = new Samples();
  samples.add("requests.32.rate", "ours", 110);
  samples.add("requests.32.rate", "haproxy", 50);
  samples.add("requests.32.rate", "haproxy 256k", 100);
  assert.deepEqual(verdictOf(samples, "kept-alive requests, 32 at once ÷ better haproxy"), { found: 1.1, met: true });
});

Deno.test("judge() compares p99 with the haproxy that takes less time", () => {
  const samples = new Samples();
  samples.add("connections.32.p99", "ours", 3);
  samples.add("connections.32.p99", "haproxy", 2);
  samples.add("connections.32.p99", "haproxy 256k", 4);
  assert.deepEqual(verdictOf(samples, "new connections, 32 at once, p99 ÷ better haproxy"), { found: 1.5, met: false });
});

Deno.test("judge() meets a limit that is just reached", () => {
  const samples = new Samples();
  samples.add("idle.inner.rss", "ours", 36);
  samples.add("held.inner.rss", "ours", 52.1);
  assert.deepEqual(verdictOf(samples, "idle, inner RSS in MiB"), { found: 36, met: true });
  assert.deepEqual(verdictOf(samples, "1000 connections, inner RSS in MiB"), { found: 52.1, met: false });
});

Deno.test("judge() takes nothing measured for missed", () => {
  assert.ok(judge(new Samples()).every(({ found, met }) => found === undefined && !met));
});
