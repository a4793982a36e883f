/**
 * What outer answers at a control socket: a line of JSON for each stream, and a last line. Pure.
 *
 * Outer may be compromised, so root checks every line. All texts in it are of a form that has no control characters, so
 * they are safe to print.
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";
import type { BridgeName } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import { isBridgeName } from "./control.ts";
import { isStreamId, type StreamId } from "./stream_id.ts";

/** How many streams an answer lists at most. */
export const MOST_LISTED = 16_384;

/** How long a line may be, in bytes. The longest that {@linkcode renderLine} writes has about 300. */
export const LONGEST_LINE = 512;

/** How long outer may take for a question and its answer, in milliseconds. */
export const ANSWER_MS = 5_000;

/** Where a stream is in its life. */
export type StreamState = "connecting" | "open" | "guest-ended" | "service-ended";

const STATES: readonly unknown[] = ["connecting", "open", "guest-ended", "service-ended"] satisfies StreamState[];

/** A stream. */
export interface StreamInfo {
  /** Its ID. */
  readonly id: StreamId;
  /** The bridge of its guest. */
  readonly bridge: BridgeName;
  /** The guest's address. */
  readonly guest: string;
  /** The guest's port. */
  readonly guestPort: number;
  /** The service port. */
  readonly servicePort: number;
  /** The service's address. */
  readonly remoteAddr: string;
  /** The service's port. */
  readonly remotePort: number;
  /** When it was opened, in milliseconds since 1970. */
  readonly since: number;
  /** For how long no byte has been carried, in milliseconds; accurate to half a second. */
  readonly idleMs: number;
  /** Bytes from the guest. */
  readonly up: number;
  /** Bytes to the guest. */
  readonly down: number;
  /** Whether it still waits for its service, is open, or one side has sent all that it will. */
  readonly state: StreamState;
}

/** A line of an answer. */
export type AnswerLine =
  | {
    /** A stream that was asked for, or that has been ended. */
    readonly stream: StreamInfo;
  }
  | {
    /** The last line: how many more streams there are than were listed. */
    readonly omitted: number;
  }
  | {
    /** The last line: why there is no answer. */
    readonly refused: "busy" | "unknown";
  };

/**
 * Writes a line.
 *
 * @param line The line.
 * @returns JSON and a newline.
 */
export function renderLine(line: AnswerLine): string {
  return JSON.stringify(line) + "\n";
}

/**
 * Reads a line.
 *
 * @param text Anything.
 * @returns The line and nothing else; `undefined` if it is not one that {@linkcode renderLine} writes.
 */
export function parseLine(text: string): AnswerLine | undefined {
  const value = parseJson(text);
  if (!isObject<"stream" | "omitted" | "refused">(value)) return undefined;
  const { stream, omitted, refused } = value;
  if (refused === "busy" || refused === "unknown") return { refused };
  if (isCount(omitted)) return { omitted };
  return isObject<keyof StreamInfo>(stream) && isStreamInfo(stream) ? { stream: only(stream) } : undefined;
}

function isStreamInfo(value: { readonly [key in keyof StreamInfo]?: unknown }): value is StreamInfo {
  return isStreamId(value.id) && isBridgeName(value.bridge) &&
    isIpv4(value.guest) && isPort(value.guestPort) && isPort(value.servicePort) &&
    isIpv4(value.remoteAddr) && isPort(value.remotePort) &&
    isCount(value.since) && value.since <= LAST_DATE && isCount(value.idleMs) &&
    isCount(value.up) && isCount(value.down) && STATES.includes(value.state);
}

/** The last time that a Date can hold (ECMA-262, 21.4.1.1). */
const LAST_DATE = 8.64e15;

/** Leaves out what is not a field of a stream. */
function only(stream: StreamInfo): StreamInfo {
  const { id, bridge, guest, guestPort, servicePort, remoteAddr, remotePort, since, idleMs, up, down, state } = stream;
  return { id, bridge, guest, guestPort, servicePort, remoteAddr, remotePort, since, idleMs, up, down, state };
}
