import assert from "node:assert/strict";
import { mock } from "node:test";
import type { Guest } from "./guest.ts";
import { ProbeGuests } from "./probe_guests.ts";
import { Streams } from "./streams.ts";

/** A connection that is never used. */
function connection(): Deno.TcpConn {
  return { remoteAddr: { port: 40_000 }, [Symbol.dispose]() {} } as unknown as Deno.TcpConn;
}

Deno.test("ProbeGuests admits few streams at once and in a second, and Streams counts none", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const streams = new Streams();
    const probes = new ProbeGuests(streams);
    const admit = (count: number): Guest[] => {
      const all = Array.from({ length: count }, () => probes.admit(connection(), 5030));
      return all.filter((guest) => guest !== undefined);
    };
    const guests = admit(100);
    assert.equal(guests.length, 64);
    for (const guest of guests) streams.add(guest.connection);
    assert.equal(streams.size, 0);
    for (const guest of guests) probes.ended(guest);
    assert.equal(streams.size, 0);
    mock.timers.tick(900);
    assert.equal(admit(1).length, 0, "within the second");
    mock.timers.tick(200);
    assert.equal(admit(100).length, 64);
  } finally {
    mock.timers.reset();
  }
});
