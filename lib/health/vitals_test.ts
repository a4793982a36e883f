import assert from "node:assert/strict";
import { type Sign, Vitals } from "./vitals.ts";

const SIGN: Sign = { pid: 7, title: "one_tproxy", state: "S", cpuSeconds: 100, beat: 1 };

/** Looks at a daemon several times, and returns the looks that took it for dead. */
function deaths(signs: readonly Partial<Sign>[], gapMs = 3_000): number[] {
  const vitals = new Vitals();
  return signs.flatMap((sign, i) => vitals.look([{ ...SIGN, ...sign }], i * gapMs).length > 0 ? [i] : []);
}

function times(count: number, sign: (i: number) => Partial<Sign>): Partial<Sign>[] {
  return Array.from({ length: count }, (_, i) => sign(i));
}

Deno.test("a daemon that has slept without a sign of life for 10 seconds is dead, and stays so", () => {
  assert.deepEqual(deaths(times(6, () => ({}))), [4, 5]);
});

Deno.test("a daemon that has run all the time without a sign of life is dead: it is in an endless loop", () => {
  assert.deepEqual(deaths(times(6, (i) => ({ state: "R", cpuSeconds: 100 + 2 * i }))), [4, 5]);
});

Deno.test("one that is stopped, or in a debugger, is dead after 10 seconds, too", () => {
  for (const state of ["T", "t"]) assert.deepEqual(deaths(times(5, () => ({ state }))), [4]);
});

Deno.test("a daemon that shows a sign of life now and then is alive", () => {
  assert.deepEqual(deaths(times(20, (i) => ({ beat: Math.floor(i / 3) }))), []);
});

Deno.test("the time of the sign may jump, back as well: only that it differs counts", () => {
  assert.deepEqual(deaths(times(20, (i) => ({ beat: i % 2 === 0 ? 5e12 : 1 }))), []);
});

Deno.test("a daemon that gets no processor time, or waits for a disk, is not taken for dead", () => {
  assert.deepEqual(deaths(times(20, (i) => ({ state: "R", cpuSeconds: 100 + 0.1 * i }))), []);
  assert.deepEqual(deaths(times(20, () => ({ state: "D" }))), []);
  assert.deepEqual(deaths(times(20, (i) => ({ state: i === 1 ? "D" : "S" }))), []);
});

Deno.test("time in which nobody looked, since the machine slept or had no time for us either, counts little", () => {
  assert.deepEqual(deaths(times(6, () => ({})), 3_600_000), [4, 5]);
  const vitals = new Vitals();
  const [asleep, awake] = [[0, 3_000, 3_600_000], [3_600_500, 3_601_000, 3_601_500]];
  assert.deepEqual([...asleep, ...awake].map((now) => vitals.look([SIGN], now).length), [0, 0, 0, 0, 0, 0]);
});

Deno.test("a new process, and one whose file is gone, begins anew", () => {
  assert.deepEqual(deaths(times(9, (i) => ({ pid: i < 4 ? 7 : 8 }))), [8]);
  assert.deepEqual(deaths(times(9, (i) => ({ beat: i === 4 ? undefined : 1 }))), []);
  assert.deepEqual(deaths(times(20, () => ({ beat: undefined }))), []);
});

Deno.test("each daemon is judged by itself", () => {
  const vitals = new Vitals();
  const dead = [0, 1, 2, 3, 4].map((i) =>
    vitals.look([SIGN, { ...SIGN, pid: 8, beat: i }], i * 3_000).map(({ pid }) => pid)
  );
  assert.deepEqual(dead.at(-1), [7]);
});
