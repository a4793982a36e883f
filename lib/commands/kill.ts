/**
 * `tproxy kill`: ends streams, and nothing else.
 *
 * @module
 */

import { type Answers, askOuters } from "../daemon/ask.ts";
import { InputError } from "../errors.ts";
import { FAILED, OK } from "../exit_code.ts";
import { MOST_IDS, type Question } from "../protocol/control.ts";
import { isStreamId, type StreamId } from "../protocol/stream_id.ts";
import { type Answer, toJson } from "./answer.ts";
import { listStreams, NOBODY } from "./streams.ts";
import { renderStreams } from "./streams_table.ts";

/** Which streams are to end. */
export type KillTarget = {
  /** Their IDs. */
  readonly streams: readonly StreamId[];
} | {
  /** The address of the guest whose streams end. */
  readonly guest: string;
};

/**
 * Reads IDs from the command line.
 *
 * @param texts What was typed.
 * @returns The IDs.
 * @throws {InputError} If one is none, or there are too many.
 */
export function parseIds(texts: readonly string[]): StreamId[] {
  const bad = texts.find((text) => !isStreamId(text));
  if (bad !== undefined) {
    throw new InputError(`${JSON.stringify(bad)} is no ID of a stream`, 'take one that "tproxy streams" prints');
  }
  if (texts.length > MOST_IDS) throw new InputError(`${texts.length} IDs are too many`, `name at most ${MOST_IDS}`);
  return texts.filter(isStreamId);
}

/**
 * Ends streams, also in outers that drain.
 *
 * @param target Which.
 * @returns The streams that were ended. The exit code is {@linkcode OK}, or {@linkcode FAILED} if one of those named is
 * not there, the guest has none, or an outer has not answered.
 * @throws {Deno.errors.NotCapable} Without the permissions of `kill` in `lib/permissions/command_permissions.ts`.
 */
export async function killStreams(target: KillTarget): Promise<Answer> {
  const question: Question = "guest" in target
    ? { ask: "kill-guest", guest: target.guest }
    : { ask: "kill", streams: target.streams };
  const answers = await askOuters(question);
  const { streams, omitted, failures } = answers;
  const notes = [...failures, ...describeMissing(target, answers)];
  return {
    text: renderStreams(streams),
    notes: [...notes, ...(omitted === 0 ? [] : [`${omitted} more streams were ended`])],
    json: toJson(listStreams(streams, omitted, failures)),
    exitCode: notes.length === 0 ? OK : FAILED,
  };
}

function describeMissing(target: KillTarget, { outers, streams, failures }: Answers): string[] {
  if (outers + failures.length === 0) return [NOBODY];
  if ("guest" in target) return streams.length === 0 ? [`${target.guest} has no stream`] : [];
  const ended = new Set(streams.map(({ id }) => id));
  return target.streams.filter((id) => !ended.has(id)).map((id) => `${id}: there is no such stream`);
}
