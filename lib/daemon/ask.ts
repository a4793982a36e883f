/**
 * Asking outers, those that drain included, for their streams. An outer may be compromised, so what it answers is bounded in
 * size and time, and checked line by line.
 *
 * @module
 */

import { deadline } from "../delay.ts";
import { controlSocket, OUTER_SLOTS } from "../outer_sockets.ts";
import { DaemonError } from "../errors.ts";
import { KIND_OF, type Question, renderQuestion } from "../protocol/control.ts";
import { ANSWER_MS, LONGEST_LINE, MOST_LISTED, parseLine, type StreamInfo } from "../protocol/control_answer.ts";
import { lstatIfThere } from "../run_dir.ts";

/** How much longer than outer to wait, in milliseconds, so that outer's own deadline comes first. */
const GRACE_MS = 1_000;

/** What all outers have answered. */
export interface Answers {
  /** How many outers have answered. */
  readonly outers: number;
  /** The streams that were asked for, or that have been ended; the oldest first. */
  readonly streams: readonly StreamInfo[];
  /** How many more there are than were listed. */
  readonly omitted: number;
  /** Why an outer has not answered, a line for each. */
  readonly failures: readonly string[];
}

/** What one outer has answered. */
type OneAnswer = Pick<Answers, "streams" | "omitted">;

/**
 * Asks all outers that run.
 *
 * @param question The question.
 * @returns What they have answered. An outer of a version that can't be asked is not counted.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:`, `--allow-read` and `--allow-write` for the sockets at which
 * the question may be asked.
 */
export async function askOuters(question: Question): Promise<Answers> {
  const kind = KIND_OF[question.ask];
  const answers = await Promise.all(OUTER_SLOTS.map(async (slot): Promise<OneAnswer | string | undefined> => {
    try {
      return await askOne(controlSocket(kind, slot), question);
    } catch (error) {
      if (error instanceof DaemonError) return error.message;
      throw error;
    }
  }));
  const good = answers.filter((answer) => typeof answer === "object");
  return {
    outers: good.length,
    streams: good.flatMap(({ streams }) => streams).toSorted((a, b) => a.since - b.since),
    omitted: good.reduce((sum, { omitted }) => sum + omitted, 0),
    failures: answers.filter((answer) => typeof answer === "string"),
  };
}

/** Asks one outer; `undefined` if there is none at this socket. */
async function askOne(path: string, question: Question): Promise<OneAnswer | undefined> {
  // Nobody but root can put anything there, and root puts only sockets of outer's there.
  if (!lstatIfThere(path)?.isSocket) return undefined;
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.WouldBlock) throw new DaemonError("An outer proxy does not answer");
    throw error;
  }
  using _late = deadline(ANSWER_MS + GRACE_MS, () => connection[Symbol.dispose]());
  try {
    await connection.write(new TextEncoder().encode(renderQuestion(question)));
    return await readAnswer(connection);
  } catch (error) {
    if (error instanceof DaemonError) throw error;
    throw new DaemonError("An outer proxy has not answered in time, or has ended meanwhile");
  } finally {
    connection[Symbol.dispose]();
  }
}

/**
 * Reads an answer to its last line.
 *
 * @param from The connection.
 * @returns The answer.
 * @throws {DaemonError} If it is not one that an outer writes.
 */
export async function readAnswer(from: Pick<Deno.Conn, "read">): Promise<OneAnswer> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  const streams: StreamInfo[] = [];
  let rest = "";
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) throw new DaemonError("An outer proxy has ended while it answered");
    const lines = (rest + decoder.decode(buffer.subarray(0, count), { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const line = text.length > LONGEST_LINE ? undefined : parseLine(text);
      if (line === undefined) throw wrongAnswer();
      if ("omitted" in line) return { streams, omitted: line.omitted };
      if ("refused" in line) throw new DaemonError(REFUSALS[line.refused]);
      streams.push(line.stream);
    }
    if (rest.length > LONGEST_LINE || streams.length > MOST_LISTED) throw wrongAnswer();
  }
}

const REFUSALS = {
  busy: "An outer proxy is asked by too many at once; try again",
  unknown: 'An outer proxy is of another version, and does not know the question; run "tproxy restart"',
} as const;

function wrongAnswer(): DaemonError {
  return new DaemonError(
    'An outer proxy answers what none ever would, so it may have been taken over; look at its log, and run "tproxy restart"',
  );
}
