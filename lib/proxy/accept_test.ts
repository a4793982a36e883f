import assert from "node:assert/strict";
import { acceptAll, backlogEmpty } from "./accept.ts";

/** A listener that hands out what it was given, in that order, and is closed afterwards. */
function listenerOf(...answers: (string | Error)[]) {
  return {
    accept(): Promise<Deno.Conn> {
      const answer = answers.shift() ?? new Deno.errors.BadResource();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as unknown as Deno.Conn);
    },
  };
}

/** Accepts all that a listener has; a pause ends at once. */
async function accept(listener: ReturnType<typeof listenerOf>, serve?: () => Promise<void>) {
  const served: unknown[] = [];
  const pauses: unknown[] = [];
  const original = globalThis.setTimeout;
  Object.assign(globalThis, {
    setTimeout(resume: () => void, milliseconds: number) {
      pauses.push(milliseconds);
      resume();
    },
  });
  try {
    await acceptAll(listener, (connection) => {
      served.push(connection);
      return serve?.() ?? Promise.resolve();
    }, { port: 80 });
  } finally {
    globalThis.setTimeout = original;
  }
  return { served, pauses };
}

Deno.test("acceptAll() serves every connection and ends when the listener is closed", async () => {
  assert.deepEqual(await accept(listenerOf("a", "b", "c")), { served: ["a", "b", "c"], pauses: [] });
});

Deno.test("acceptAll() ends when closing the listener interrupts it", async () => {
  const listener = listenerOf("a", new Deno.errors.Interrupted(), "never taken");
  assert.deepEqual((await accept(listener)).served, ["a"]);
});

Deno.test("acceptAll() does not wait for a stream before it takes the next", async () => {
  assert.deepEqual((await accept(listenerOf("a", "b"), () => new Promise(() => {}))).served, ["a", "b"]);
});

Deno.test("acceptAll() goes on when what serves a connection fails", async () => {
  const fail = () => Promise.reject(new TypeError("no stream should do that"));
  assert.deepEqual((await accept(listenerOf("a", "b", "c"), fail)).served, ["a", "b", "c"]);
});

Deno.test("acceptAll() passes over a guest that gave up, at once", async () => {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  const gone = [new ConnectionAborted(), new NotConnected(), new ConnectionReset()];
  assert.deepEqual(await accept(listenerOf("a", ...gone, "b")), { served: ["a", "b"], pauses: [] });
});

Deno.test("acceptAll() pauses and goes on when the kernel has nothing to give", async () => {
  const full = new Error("Too many open files (os error 24)");
  const { served, pauses } = await accept(listenerOf("a", full, full, "b", new TypeError("x"), "c"));
  assert.deepEqual(served, ["a", "b", "c"]);
  assert.equal(pauses.length, 3);
  for (const pause of pauses) assert.ok(typeof pause === "number" && pause >= 10 && pause <= 1000, String(pause));
});

Deno.test("backlogEmpty() goes by what comes, however long the process does not run", async () => {
  let [left, accepted] = [3, 0];
  const block = (until: number) => {
    while (performance.now() < until);
  };
  // Each turn of the event loop takes longer than a backlog would be given time.
  const turns = setInterval(() => {
    block(performance.now() + 70);
    // What has come in meanwhile is seen after the timers that are due.
    setTimeout(() => [left, accepted] = left > 0 ? [left - 1, accepted + 1] : [left, accepted]);
  });
  await backlogEmpty(() => accepted);
  clearInterval(turns);
  assert.equal(left, 0);
});
