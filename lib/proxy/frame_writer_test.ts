import assert from "node:assert/strict";
import { FrameWriter } from "./frame_writer.ts";

/** Takes writes when the test lets it. */
class Target {
  readonly writes: Uint8Array[] = [];
  ended = 0;
  #taken: ((count: number) => void)[] = [];

  write(bytes: Uint8Array): Promise<number> {
    this.writes.push(bytes.slice());
    return new Promise((resolve) => this.#taken.push(resolve));
  }

  closeWrite(): Promise<void> {
    this.ended++;
    return Promise.resolve();
  }

  /** Takes what was written, or some of it. */
  async take(count = this.writes.at(-1)?.length ?? 0): Promise<void> {
    this.#taken.shift()?.(count);
    await settled();
  }
}

/** Lets microtasks run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function make(): { target: Target; writer: FrameWriter; failures: unknown[] } {
  const [target, failures] = [new Target(), [] as unknown[]];
  return { target, writer: new FrameWriter(target, (error) => failures.push(error)), failures };
}

Deno.test("frames that come together leave with one write, and those that come meanwhile with the next", async () => {
  const { target, writer } = make();
  writer.bare(3, 1);
  await Promise.resolve();
  writer.reset(2, 0);
  await settled();
  assert.deepEqual(target.writes.map(({ length }) => length), [8 + 9]);
  writer.credit(3, 100);
  writer.data(4, new Uint8Array(10));
  await settled();
  assert.equal(target.writes.length, 1);
  await target.take();
  assert.deepEqual(target.writes.map(({ length }) => length), [17, 12 + 18]);
});

Deno.test("what a write did not take is written again", async () => {
  const { target, writer } = make();
  writer.bare(3, 0x010203);
  await settled();
  await target.take(3);
  await target.take(1);
  assert.deepEqual(target.writes.map((bytes) => bytes.toHex()), ["0300000000010203", "0000010203", "00010203"]);
});

Deno.test("large chunks wait while much does, in order, and small ones pass them", async () => {
  const { target, writer } = make();
  const large = new Uint8Array(32 * 1024);
  writer.bare(3, 1);
  await settled();
  let waits: Promise<void> | undefined;
  let count = 0;
  while ((waits = writer.data(5, large)) === undefined) count++;
  assert.equal(count, 8);
  const order: string[] = [];
  void waits.then(() => order.push("first"));
  void writer.data(6, large)?.then(() => order.push("second"));
  assert.equal(writer.data(7, new Uint8Array(100)), undefined);
  await settled();
  assert.deepEqual(order, []);
  await target.take();
  assert.deepEqual(order, ["first", "second"]);
});

Deno.test("end() ends the string once all is written, and a failure is told once", async () => {
  const { target, writer } = make();
  writer.bare(3, 1);
  writer.end();
  await settled();
  assert.equal(target.ended, 0);
  await target.take();
  assert.equal(target.ended, 1);
  writer.end();
  assert.equal(target.ended, 1);
  const broken = make();
  broken.target.write = () => Promise.reject(new Deno.errors.BrokenPipe());
  broken.writer.bare(3, 1);
  await settled();
  broken.writer.bare(3, 1);
  await settled();
  assert.equal(broken.failures.length, 1);
});

Deno.test("stop() lets go of those that wait", async () => {
  const { writer } = make();
  const large = new Uint8Array(64 * 1024);
  let waits: Promise<void> | undefined;
  while ((waits = writer.data(5, large)) === undefined);
  writer.stop();
  await waits;
});
