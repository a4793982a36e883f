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
  samples.add("requests.rate", "ours", 110);
  samples.add("requests.rate", "haproxy", 50);
  samples.add("requests.rate", "haproxy 256k", 100);
  assert.deepEqual(verdictOf(samples, "kept-alive requests ÷ better haproxy"), { found: 1.1, met: true });
});

Deno.test("judge() compares p99 with the haproxy that takes less time", () => {
  const samples = new Samples();
  samples.add("connections.p99", "ours", 3);
  samples.add("connections.p99", "haproxy", 2);
  samples.add("connections.p99", "haproxy 256k", 4);
  assert.deepEqual(verdictOf(samples, "new connections, p99 ÷ better haproxy"), { found: 1.5, met: false });
});

Deno.test("judge() meets a limit that is just reached", () => {
  const samples = new Samples();
  samples.add("idle.inner.pss", "ours", 13);
  samples.add("held.inner.rss", "ours", 60.1);
  assert.deepEqual(verdictOf(samples, "idle, inner PSS in MiB"), { found: 13, met: true });
  assert.deepEqual(verdictOf(samples, "1000 connections, inner RSS in MiB"), { found: 60.1, met: false });
});

Deno.test("judge() takes nothing measured for missed", () => {
  assert.ok(judge(new Samples()).every(({ found, met }) => found === undefined && !met));
});
