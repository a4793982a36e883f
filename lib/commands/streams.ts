/**
 * `tproxy streams`: the streams that are open now.
 *
 * @module
 */

import { askOuters } from "../daemon/ask.ts";
import { OK } from "../exit_code.ts";
import type { StreamFilter } from "../protocol/control.ts";
import type { StreamInfo } from "../protocol/control_answer.ts";
import { type Answer, toJson } from "./answer.ts";
import { renderStreams } from "./streams_table.ts";

/** Some outer has not answered, or a stream that was to be killed is not there. */
export const INCOMPLETE = 1;

/** A stream, as `tproxy streams --json` prints it. */
export interface ListedStream extends Omit<StreamInfo, "since"> {
  /** When it was opened, ISO 8601. */
  readonly since: string;
}

/** What `tproxy streams --json` and `tproxy kill --json` print. */
export interface StreamList {
  /** The streams, the oldest first. */
  readonly streams: readonly ListedStream[];
  /** How many more there are than were listed. */
  readonly omitted: number;
  /** Why an outer has not answered, a line for each. */
  readonly failures: readonly string[];
}

/**
 * Lists streams, those in outers that drain included.
 *
 * @param which Which streams.
 * @returns The streams. The exit code is {@linkcode OK} or {@linkcode INCOMPLETE}.
 * @throws {Deno.errors.NotCapable} Without the permissions of `streams` in `lib/permissions/command_permissions.ts`.
 */
export async function showStreams(which: StreamFilter): Promise<Answer> {
  const { outers, streams, omitted, failures } = await askOuters({ ask: "streams", which });
  const notes = [
    ...failures,
    ...(outers + failures.length === 0 ? [NOBODY] : []),
    ...(omitted === 0 ? [] : [`${omitted} more streams are not listed; ask for fewer, for example with --guest`]),
  ];
  return {
    text: renderStreams(streams),
    notes,
    json: toJson(listStreams(streams, omitted, failures)),
    exitCode: failures.length === 0 ? OK : INCOMPLETE,
  };
}

/** What is said if there is nobody to ask. */
export const NOBODY = 'no outer proxy that can be asked runs; "tproxy status" says what runs';

/**
 * Lists streams for a script.
 *
 * @param streams The streams.
 * @param omitted How many more there are.
 * @param failures Why an outer has not answered.
 * @returns What is printed.
 */
export function listStreams(
  streams: readonly StreamInfo[],
  omitted: number,
  failures: readonly string[],
): StreamList {
  const listed = streams.map((stream) => ({ ...stream, since: new Date(stream.since).toISOString() }));
  return { streams: listed, omitted, failures };
}
