import assert from "node:assert/strict";
import { Streams } from "./streams.ts";

class Connection {
  closed = 0;

  [Symbol.dispose](): void {
    this.closed++;
  }
}

Deno.test("Streams.end() closes a stream's connection, and forgets it", () => {
  const streams = new Streams();
  const connection = new Connection();
  streams.add(connection);
  assert.deepEqual([streams.size, connection.closed], [1, 0]);
  streams.end(connection);
  assert.deepEqual([streams.size, connection.closed], [0, 1]);
});

Deno.test("Streams.idle() is there at once if there is no stream", async () => {
  await new Streams().idle();
});

Deno.test("Streams.idle() waits for the last stream", async () => {
  const streams = new Streams();
  const connections = [new Connection(), new Connection()] as const;
  connections.forEach((connection) => streams.add(connection));
  let idle = false;
  const waiting = streams.idle().then(() => idle = true);
  streams.end(connections[0]);
  await Promise.resolve();
  assert.deepEqual([streams.size, idle], [1, false]);
  streams.end(connections[1]);
  await waiting;
  assert.equal(streams.size, 0);
});

Deno.test("Streams.closeAll() closes every stream, for whoever serves it to end it", () => {
  const streams = new Streams();
  const [one, other] = [new Connection(), new Connection()];
  streams.add(one);
  streams.add(other);
  streams.closeAll();
  assert.deepEqual([streams.size, one.closed, other.closed], [2, 1, 1]);
});

class TestString extends Connection {
  size = 0;
}

Deno.test("Streams counts what strings carry, idle() waits for strings too, and closeAll() closes them", async () => {
  const streams = new Streams();
  const [string, connection] = [new TestString(), new Connection()];
  const gone = Promise.withResolvers<void>();
  streams.addString(string, gone.promise);
  streams.add(connection);
  string.size = 3;
  assert.equal(streams.size, 4);
  string.size = 0;
  let idle = false;
  const waiting = streams.idle().then(() => idle = true);
  streams.forget(connection);
  await Promise.resolve();
  assert.deepEqual([streams.size, streams.isIdle, idle, connection.closed], [0, false, false, 0]);
  streams.closeAll();
  assert.equal(string.closed, 1);
  gone.resolve();
  await waiting;
});
