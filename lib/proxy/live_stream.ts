/**
 * The live streams of outer, as root asks for them.
 *
 * @module
 */

import type { Question, StreamFilter } from "../protocol/control.ts";
import { type AnswerLine, MOST_LISTED, type StreamInfo } from "../protocol/control_answer.ts";

/** Why a stream has ended that root has killed. */
export const KILLED = "an operator has killed it";

/** A stream that can be listed and killed. */
export interface LiveStream {
  /**
   * Describes it.
   *
   * @param now The time, from `performance.now()`.
   * @returns What it is, and what it has carried.
   */
  info(now: number): StreamInfo;
  /** Ends it now, for {@linkcode KILLED}. */
  kill(): void;
}

/**
 * Tells when something happened, by the clock on the wall.
 *
 * @param at When it happened, from `performance.now()`.
 * @param now The time, from `performance.now()`.
 * @returns The milliseconds since 1970. A clock that has been set meanwhile moves it, too.
 */
export function wallClock(at: number, now: number): number {
  return Math.max(0, Math.round(Date.now() - now + at));
}

/**
 * Answers a question about streams.
 *
 * @param question The question. Streams to be killed are killed before the first line is taken.
 * @param streams All live streams.
 * @returns The lines of the answer.
 */
export function answerQuestion(
  question: Exclude<Question, { ask: "trace" }>,
  streams: Iterable<LiveStream>,
): Iterable<AnswerLine> {
  switch (question.ask) {
    case "streams":
      return list(question.which, streams);
    case "kill": {
      const ids = new Set(question.streams);
      return kill(streams, ({ id }) => ids.has(id));
    }
    case "kill-guest":
      return kill(streams, ({ guest }) => guest === question.guest);
  }
}

function* list({ bridge, guest, servicePort }: StreamFilter, streams: Iterable<LiveStream>): Generator<AnswerLine> {
  let found = 0;
  for (const live of streams) {
    const stream = live.info(performance.now());
    if (bridge !== undefined && stream.bridge !== bridge) continue;
    if (guest !== undefined && stream.guest !== guest) continue;
    if (servicePort !== undefined && stream.servicePort !== servicePort) continue;
    if (++found <= MOST_LISTED) yield { stream };
  }
  yield { omitted: Math.max(0, found - MOST_LISTED) };
}

function kill(streams: Iterable<LiveStream>, isMeant: (stream: StreamInfo) => boolean): AnswerLine[] {
  const now = performance.now();
  const meant = [...streams].map((live) => ({ live, stream: live.info(now) })).filter(({ stream }) => isMeant(stream));
  for (const { live } of meant) live.kill();
  const listed = meant.slice(0, MOST_LISTED).map(({ stream }) => ({ stream }));
  return [...listed, { omitted: meant.length - listed.length }];
}
