/**
 * `tproxy streams`: the streams that are open now.
 *
 * @module
 */

import { askOuters } from "../daemon/ask.ts";
import { FAILED, OK } from "../exit_code.ts";
import type { StreamFilter } from "../protocol/control.ts";
import type { StreamInfo } from "../protocol/control_answer.ts";
import { VmAddresses } from "../setup/read_vm_addresses.ts";
import type { FindVm } from "../setup/vm_addresses.ts";
import { type Answer, toJson } from "./answer.ts";
import { renderStreams } from "./streams_table.ts";

/** A stream and its guest's VM. */
export interface VmStream extends StreamInfo {
  /** The ID of the VM; missing if it is not known. */
  readonly vm?: number;
  /** The network of the VM's NIC; missing if it is not known. */
  readonly network?: string;
}

/** A stream, as `tproxy streams --json` prints it. */
export interface ListedStream extends Omit<VmStream, "since"> {
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
 * @returns The streams. The exit code is {@linkcode OK}, or {@linkcode FAILED} if an outer has not answered.
 * @throws {Deno.errors.NotCapable} Without the permissions of `streams` in `lib/permissions/command_permissions.ts`.
 */
export async function showStreams(which: StreamFilter): Promise<Answer> {
  const { outers, omitted, failures, ...answers } = await askOuters({ ask: "streams", which });
  const streams = withVms(answers.streams, new VmAddresses().read());
  const notes = [
    ...failures,
    ...(outers + failures.length === 0 ? [NOBODY] : []),
    ...(omitted === 0 ? [] : [`${omitted} more streams are not listed; ask for fewer, for example with --guest`]),
  ];
  return {
    text: renderStreams(streams),
    notes,
    json: toJson(listStreams(streams, omitted, failures)),
    exitCode: failures.length === 0 ? OK : FAILED,
  };
}

/**
 * Finds the VMs of streams.
 *
 * @param streams The streams.
 * @param findVm Finds the VM that an address belonged to.
 * @returns The streams with the VM that had the guest's address when the stream was opened.
 */
export function withVms(streams: readonly StreamInfo[], findVm: FindVm): VmStream[] {
  return streams.map((stream) => ({ ...stream, ...findVm(stream.bridge, stream.guest, stream.since) }));
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
  streams: readonly VmStream[],
  omitted: number,
  failures: readonly string[],
): StreamList {
  const listed = streams.map((stream) => ({ ...stream, since: new Date(stream.since).toISOString() }));
  return { streams: listed, omitted, failures };
}
