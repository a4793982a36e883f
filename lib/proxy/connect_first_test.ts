import assert from "node:assert/strict";
import { connectFirst } from "./connect_first.ts";

Deno.test("connectFirst() closes the connection of an address that answers second, in the same instant", async () => {
  const closed: string[] = [];
  const answers = new Map<string, () => void>();
  const told: string[] = [];
  const attempts = ["a", "b"].map((address) => ({ address, remote: address, delayMs: 1 }));
  const both = Promise.withResolvers<void>();
  const first = connectFirst(attempts, {
    signal: new AbortController().signal,
    connect: ({ address }) =>
      new Promise((resolve) => {
        const connection = { address, [Symbol.dispose]: () => closed.push(address) } as unknown as Deno.TcpConn;
        answers.set(address, () => resolve(connection));
        if (answers.size === 2) both.resolve();
      }),
    onAnswer: ({ address }) => told.push(`${address} answers`),
    onFailure: ({ address }) => told.push(`${address} does not`),
  });
  await both.promise;
  answers.get("b")?.();
  answers.get("a")?.();
  assert.equal((await first as unknown as { address: string }).address, "b");
  assert.deepEqual([closed, told], [["a"], ["b answers", "a does not"]]);
});
