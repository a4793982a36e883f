import assert from "node:assert/strict";
import { Stats } from "./stats.ts";

Deno.test("counts() tells what was taken, and what has gone through so far, as guests see it", () => {
  for (const [peers, up, down] of [["guests", 10, 200], ["services", 200, 10]] as const) {
    const stats = new Stats(peers);
    for (let i = 0; i < 3; i++) stats.opened(undefined);
    stats.moved(10, 0);
    stats.moved(0, 200);
    const counts = { listening: [80], live: 1, total: 3, failed: 0, refused: 0, up, down, services: [] };
    assert.deepEqual(stats.counts([80], 1), counts);
  }
});

Deno.test("counts() tells the latest failure", () => {
  const stats = new Stats("guests");
  stats.failedWith("first");
  stats.failedWith("second");
  const { failed, lastError } = stats.counts([], 0);
  assert.equal(failed, 2);
  assert.equal(lastError?.message, "second");
  assert.ok(!Number.isNaN(Date.parse(lastError?.time ?? "")));
});

Deno.test("counts() tells what each service has done, and which limit has refused its streams", () => {
  const stats = new Stats("services");
  const gate = stats.of(5030, "br0");
  for (let i = 0; i < 3; i++) stats.opened(gate);
  gate.ended();
  gate.moved(1, 20);
  gate.failed();
  for (let i = 0; i < 2; i++) stats.refused(gate, "tproxy_max_connections");
  for (const seconds of [0, 0.001, 0.002, 60]) gate.connected(seconds);
  const [counts, other] = stats.counts([], 0).services ?? [];
  assert.equal(other, undefined);
  const { connectSeconds, ...rest } = counts ?? { connectSeconds: 0 };
  assert.ok(Math.abs(connectSeconds - 60.003) < 1e-9);
  assert.deepEqual(rest, {
    ...{ bridge: "br0", port: 5030, live: 2, total: 3, failed: 1, up: 1, down: 20 },
    refused: { tproxy_max_connections: 2 },
    connects: [2, 1, 0, 0, 0, 0, 0, 0, 1],
  });
});

Deno.test("a service that is gone is forgotten with its last stream, so that the counts do not grow", () => {
  const stats = new Stats("guests");
  const [gone, busy, served] = [81, 82, 83].map((port) => stats.of(port));
  for (const counter of [gone, busy, served]) counter?.opened();
  gone?.ended();
  served?.ended();
  const ports = () => stats.counts([], 0).services?.map(({ port }) => port);
  stats.keep((port) => port === 83);
  assert.deepEqual(ports(), [82, 83]);
  busy?.ended();
  stats.keep((port) => port === 83);
  assert.deepEqual(ports(), [83]);
});
