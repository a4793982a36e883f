import assert from "node:assert/strict";
import { Streams } from "./streams.ts";

class Connection {
  closed = 0;
  readonly #end = Promise.withResolvers<void>();
  readonly ended: Promise<void> = this.#end.promise;

  [Symbol.dispose](): void {
    this.closed++;
    this.#end.resolve();
  }
}

Deno.test("Streams.track() counts a stream while it is served, and closes it afterwards", async () => {
  const streams = new Streams();
  const connection = new Connection();
  const { promise, resolve } = Promise.withResolvers<void>();
  const served = streams.track(connection, (given) => {
    assert.equal(given, connection);
    return promise;
  });
  assert.deepEqual([streams.size, connection.closed], [1, 0]);
  resolve();
  await served;
  assert.deepEqual([streams.size, connection.closed], [0, 1]);
});

Deno.test("Streams.track() is fine with a connection that its server has closed", async () => {
  const streams = new Streams();
  await streams.track(new Connection(), (connection) => Promise.resolve(connection[Symbol.dispose]()));
  assert.equal(streams.size, 0);
});

Deno.test("Streams.track() forgets a stream whose server fails", async () => {
  const streams = new Streams();
  const connection = new Connection();
  await assert.rejects(streams.track(connection, () => Promise.reject(new Error("x"))), /x/);
  assert.deepEqual([streams.size, connection.closed], [0, 1]);
});

Deno.test("Streams.idle() is there at once if there is no stream", async () => {
  await new Streams().idle();
});

Deno.test("Streams.idle() waits for the last stream", async () => {
  const streams = new Streams();
  const connections = [new Connection(), new Connection()] as const;
  const served = connections.map((connection) => streams.track(connection, () => connection.ended));
  let idle = false;
  const waiting = streams.idle().then(() => idle = true);
  connections[0][Symbol.dispose]();
  await served[0];
  assert.deepEqual([streams.size, idle], [1, false]);
  connections[1][Symbol.dispose]();
  await waiting;
  assert.equal(streams.size, 0);
  await Promise.all(served);
});

Deno.test("Streams.closeAll() ends every stream, and those that came later not", async () => {
  const streams = new Streams();
  const early = [new Connection(), new Connection()];
  const served = early.map((connection) => streams.track(connection, () => connection.ended));
  streams.closeAll();
  const late = new Connection();
  const lateServed = streams.track(late, () => late.ended);
  await Promise.all(served);
  assert.deepEqual([streams.size, late.closed], [1, 0]);
  streams.closeAll();
  await lateServed;
  assert.equal(streams.size, 0);
});
