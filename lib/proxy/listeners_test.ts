import assert from "node:assert/strict";
import fc from "fast-check";
import { diff, Listeners } from "./listeners.ts";

/** Listeners that write down what happens to them; those of the refused keys can't be opened. */
function recorded() {
  const events: string[] = [];
  const refused = new Set<number>();
  const listeners = new Listeners<number>((key) => {
    if (refused.has(key)) {
      events.push(`refuse ${key}`);
      return Promise.reject(new Deno.errors.AddrInUse());
    }
    events.push(`open ${key}`);
    return Promise.resolve({ close: () => void events.push(`close ${key}`) });
  });
  const follow = async (...keys: number[]) => {
    await listeners.follow(keys);
    return events.splice(0);
  };
  return { follow, refused };
}

Deno.test("diff() says what to open and what to close", () => {
  const cases: [number[], number[], number[], number[]][] = [
    [[], [], [], []],
    [[], [1, 2], [1, 2], []],
    [[1, 2], [], [], [1, 2]],
    [[1, 2], [2, 3], [3], [1]],
    [[1, 2], [2, 1], [], []],
    [[], [1, 1], [1], []],
  ];
  for (const [open, wanted, toOpen, toClose] of cases) {
    assert.deepEqual(diff(open, wanted), { open: toOpen, close: toClose });
  }
});

Deno.test("Listeners.follow() opens what is new, closes what is gone and leaves the rest alone", async () => {
  const { follow } = recorded();
  assert.deepEqual(await follow(80, 443), ["open 80", "open 443"]);
  assert.deepEqual(await follow(443, 80), []);
  assert.deepEqual(await follow(443, 5030), ["close 80", "open 5030"]);
  assert.deepEqual(await follow(), ["close 443", "close 5030"]);
  assert.deepEqual(await follow(80), ["open 80"]);
});

Deno.test("Listeners.follow() goes on if one can't be opened, and tries it again the next time", async () => {
  const { follow, refused } = recorded();
  refused.add(80);
  assert.deepEqual(await follow(22, 80, 443), ["open 22", "refuse 80", "open 443"]);
  assert.deepEqual(await follow(22, 80, 443), ["refuse 80"]);
  refused.clear();
  assert.deepEqual(await follow(22, 80, 443), ["open 80"]);
  assert.deepEqual(await follow(22, 80, 443), []);
});

Deno.test("Listeners.follow() tries a taken one again for as long as it may, and any other failure once", async () => {
  let [tries, error] = [0, new Deno.errors.AddrInUse() as Error];
  const listeners = new Listeners<number>(() => {
    tries++;
    return tries < 4 ? Promise.reject(error) : Promise.resolve({ close() {} });
  });
  assert.deepEqual(await listeners.follow([80], 60_000), []);
  assert.equal(tries, 4);
  await listeners.follow([]);
  [tries, error] = [0, new Deno.errors.PermissionDenied()];
  assert.deepEqual(await listeners.follow([80], 60_000), [80]);
  assert.equal(tries, 1);
});

Deno.test("Listeners.follow() does not close what could not be opened", async () => {
  const { follow, refused } = recorded();
  refused.add(80);
  await follow(80);
  assert.deepEqual(await follow(), []);
});

Deno.test("Listeners.follow() returns what could not be opened", async () => {
  const listeners = new Listeners<number>((key) =>
    key < 1024 ? Promise.reject(new Error("x")) : Promise.resolve({ close() {} })
  );
  assert.deepEqual(await listeners.follow([80, 5030, 443]), [80, 443]);
  assert.deepEqual(await listeners.follow([5030]), []);
});

Deno.test("Listeners.follow() waits until a listener has closed before it opens the next", async () => {
  const opened: number[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const listeners = new Listeners<number>((key) => {
    opened.push(key);
    return Promise.resolve({ close: () => closed });
  });
  await listeners.follow([1]);
  const following = listeners.follow([2]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(opened, [1]);
  resolve();
  await following;
  assert.deepEqual(opened, [1, 2]);
});

Deno.test("Listeners.follow() ends with what was last wanted, whatever was before", async () => {
  const keys = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(fc.array(keys), keys, async (history, last) => {
    const { follow } = recorded();
    const open = new Set<string>();
    for (const wanted of [...history, last]) {
      for (const event of await follow(...wanted)) {
        const [verb, key = ""] = event.split(" ");
        assert.equal(verb === "open" ? !open.has(key) : open.delete(key), true, event);
        if (verb === "open") open.add(key);
      }
    }
    assert.deepEqual(open, new Set(last.map(String)));
  }));
});
