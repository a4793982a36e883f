/**
 * The read scheduler: it decides which stream reads next, and with how large a buffer. A stream gets a larger buffer
 * after a read that filled its buffer, and a small one after a read of a few bytes. Many streams that fill every buffer
 * take turns.
 *
 * WHY turns: the event loop serves ready streams in order. If two hundred streams are always ready, each moves 214 KiB
 * before another stream is served. A guest that asks for a page would wait for all of them at each of its ten steps.
 *
 * WHY no turns for a few streams: a round needs a timer. With one stream, these timers took up to an eighth of the
 * processor time.
 *
 * WHY smaller buffers beside small reads: beside a hundred uploads, a guest waits less than half as long for a page.
 * Large streams take 3 to 7 percent more processor time meanwhile, but one of them keeps the largest buffer.
 *
 * @module
 */

import { giveBuffer, LARGE, MEDIUM, SMALL, takeBuffer, takenBuffers } from "./buffers.ts";

/** How many filled reads one round has. The next begins after the event loop has served everything else that is ready. */
const A_ROUND = 8;

/** As long as no more streams than this have a medium or large buffer, there are no rounds. */
const NO_ROUNDS = 16;

/** How many streams may have the largest buffer, which makes 14 MB in all. Further streams get a medium one. */
const MOST_LARGE = 64;

/** A read of fewer bytes is a small one: a request, or a page. For so long after one, one stream has the largest buffer. */
const SMALL_READ = MEDIUM / 4;
const BESIDE_MS = 20;

type Buffer = Uint8Array<ArrayBuffer>;

const waiting: ((buffer: Buffer) => void)[] = [];

/** How many filled reads this round has had; `undefined` if there is no round. */
let taken: number | undefined;

/** Whether there was a small read since the clock was read, and until when the last such read counts. */
let wasSmall = false;
let besideUntil = -Infinity;

/**
 * Notes a read of a stream that has no connection of its own.
 *
 * @param count How many bytes it has returned.
 */
export function noteRead(count: number): void {
  if (count < SMALL_READ) wasSmall = true;
}

/**
 * Gives a stream the buffer for its next read.
 *
 * @param buffer The buffer of the last read. The caller must not use it afterwards.
 * @param count How many bytes that read has returned.
 * @returns The same buffer or another one; a promise of one if other streams read first.
 */
export function nextBuffer(buffer: Buffer, count: number): Buffer | Promise<Buffer> {
  if (count < SMALL / 2 && buffer.length > SMALL) return exchange(buffer, SMALL);
  if (count < buffer.length) return buffer;
  if (buffer.length < MEDIUM) return exchange(buffer, MEDIUM);
  if (taken === undefined && takenBuffers(MEDIUM) + takenBuffers(LARGE) > NO_ROUNDS) {
    taken = 0;
    setTimeout(beginRound);
  }
  if (taken === undefined || taken++ < A_ROUND) {
    const size = sizeOfTurn(buffer.length);
    return buffer.length === size ? buffer : exchange(buffer, size);
  }
  giveBuffer(buffer);
  return new Promise((resolve) => waiting.push(resolve));
}

function exchange(buffer: Buffer, size: number): Buffer {
  giveBuffer(buffer);
  return takeBuffer(size);
}

function sizeOfTurn(present = 0): number {
  const others = takenBuffers(LARGE) - (present === LARGE ? 1 : 0);
  return others === 0 || others < MOST_LARGE && !isBesideSmall() ? LARGE : MEDIUM;
}

function isBesideSmall(): boolean {
  const now = performance.now();
  if (wasSmall) besideUntil = now + BESIDE_MS;
  wasSmall = false;
  return now < besideUntil;
}

function beginRound(): void {
  const next = waiting.splice(0, A_ROUND);
  taken = next.length > 0 ? next.length : undefined;
  if (taken !== undefined) setTimeout(beginRound);
  for (const resolve of next) resolve(takeBuffer(sizeOfTurn()));
}
