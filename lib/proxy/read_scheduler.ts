/**
 * Who reads next, and with how much room: a stream gets more room after a read that was filled, and little again when hardly
 * any was needed. Streams that fill all they get take turns.
 *
 * WHY turns: the loop takes what is ready in order. Of two hundred streams that are always ready each would move 430 KiB
 * before it is anybody else's turn, at each of the ten steps of a guest who only asks for a page.
 *
 * @module
 */

import { giveBuffer, LARGE, MEDIUM, SMALL, takeBuffer, takenBuffers } from "./buffers.ts";

/** How many filled reads there are in one round; the next round is after the loop has taken what else is ready. */
const A_ROUND = 16;

/** How many streams may have the largest buffer, 28 MB in all; those beyond make do with a medium one. */
const MOST_LARGE = 64;

type Buffer = Uint8Array<ArrayBuffer>;

const waiting: ((buffer: Buffer) => void)[] = [];

/** How many turns have been taken in this round; `undefined` between rounds, while nobody takes any. */
let taken: number | undefined;

/**
 * Gives a stream the buffer for its next read.
 *
 * @param buffer The buffer of the last read; the caller gives it away.
 * @param count How many bytes that brought.
 * @returns The same, or another one; a promise of one if others are to read first.
 */
export function nextBuffer(buffer: Buffer, count: number): Buffer | Promise<Buffer> {
  if (count < SMALL / 2 && buffer.length > SMALL) return exchange(buffer, SMALL);
  if (count < buffer.length) return buffer;
  if (buffer.length < MEDIUM) return exchange(buffer, MEDIUM);
  if (taken === undefined) {
    taken = 0;
    setTimeout(beginRound);
  }
  if (taken < A_ROUND) {
    taken++;
    return buffer.length === LARGE ? buffer : exchange(buffer, sizeOfTurn());
  }
  giveBuffer(buffer);
  return new Promise((resolve) => waiting.push(resolve));
}

function exchange(buffer: Buffer, size: number): Buffer {
  giveBuffer(buffer);
  return takeBuffer(size);
}

function sizeOfTurn(): number {
  return takenBuffers(LARGE) < MOST_LARGE ? LARGE : MEDIUM;
}

function beginRound(): void {
  const next = waiting.splice(0, A_ROUND);
  taken = next.length > 0 ? next.length : undefined;
  if (taken !== undefined) setTimeout(beginRound);
  for (const resolve of next) resolve(takeBuffer(sizeOfTurn()));
}
