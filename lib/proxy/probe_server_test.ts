import assert from "node:assert/strict";
import { connection } from "../../tests/fixtures/connection.ts";
import { parseBridgeName } from "../names.ts";
import { Deadlines } from "./deadlines.ts";
import { OuterMux } from "./outer_mux.ts";
import { ProbeServer } from "./probe_server.ts";

Deno.test("answers to an inner that probes without end and reads none do not wait, but end its string", async () => {
  const { ours } = connection();
  ours.write = () => new Promise(() => {});
  const mux = new OuterMux(ours, new Deadlines(), parseBridgeName("br0"), 7, { serve: () => {} });
  let waiting = 0;
  const data = mux.writer.data.bind(mux.writer);
  mux.writer.data = (channel, bytes) => {
    const waits = data(channel, bytes);
    if (waits !== undefined) waiting++;
    return waits;
  };
  const probes = new ProbeServer({ endpointOf: () => undefined });
  for (let id = 1; !mux.isGone && id < 1_000_000; id++) await probes.serve(mux, id, 80);
  assert.ok(mux.isGone);
  assert.equal(waiting, 0);
});
