/**
 * What root asks outer at a control socket. Pure.
 *
 * A connection carries one question, a line of JSON. The answer is lines of JSON (`lib/protocol/control_answer.ts`).
 *
 * @module
 */

import { isIpv4, isPort } from "../address.ts";
import type { ControlKind } from "../outer_sockets.ts";
import { isObject } from "../is_object.ts";
import { BRIDGE_NAME, type BridgeName } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import { isStreamId, type StreamId } from "./stream_id.ts";
import { isTraceTime } from "./trace_time.ts";

/** How long a question may be, in bytes: {@linkcode MOST_IDS} IDs and their commas take a third of it. */
export const LONGEST_QUESTION = 64 * 1024;

/** How many IDs one question may name. */
export const MOST_IDS = 1_000;

/** Which streams are meant; all that a missing field would leave out. */
export interface StreamFilter {
  /** The bridge. */
  readonly bridge?: BridgeName;
  /** The guest's address. */
  readonly guest?: string;
  /** The service port. */
  readonly servicePort?: number;
}

/** A question. */
export type Question =
  | {
    /** List streams. */
    readonly ask: "streams";
    /** Which. */
    readonly which: StreamFilter;
  }
  | {
    /** End the streams with these IDs. */
    readonly ask: "kill";
    /** The IDs; at least one. */
    readonly streams: readonly StreamId[];
  }
  | {
    /** End all streams of a guest. */
    readonly ask: "kill-guest";
    /** Its address. */
    readonly guest: string;
  }
  | {
    /** Log all streams of a guest for a time. */
    readonly ask: "trace";
    /** Its address. */
    readonly guest: string;
    /** For how many seconds, from 1 to {@linkcode import("./trace_time.ts").LONGEST_TRACE}. */
    readonly seconds: number;
  };

/** At which socket each question may be asked. */
export const KIND_OF: Readonly<Record<Question["ask"], ControlKind>> = {
  "streams": "look",
  "kill": "act",
  "kill-guest": "act",
  "trace": "act",
};

/**
 * Writes a question.
 *
 * @param question The question.
 * @returns A line of JSON.
 */
export function renderQuestion(question: Question): string {
  return JSON.stringify(question) + "\n";
}

/**
 * Reads a question. Every field is checked, though only root can ask.
 *
 * @param text A line.
 * @returns The question and nothing else; `undefined` if it is not one.
 */
export function parseQuestion(text: string): Question | undefined {
  const value = parseJson(text);
  if (!isObject<"ask" | "which" | "streams" | "guest" | "seconds">(value)) return undefined;
  const { ask, streams, guest, seconds } = value;
  switch (ask) {
    case "streams": {
      const which = parseFilter(value.which);
      return which && { ask, which };
    }
    case "kill":
      return isIds(streams) ? { ask, streams } : undefined;
    case "kill-guest":
      return isIpv4(guest) ? { ask, guest } : undefined;
    case "trace":
      return isIpv4(guest) && isTraceTime(seconds) ? { ask, guest, seconds } : undefined;
    default:
      return undefined;
  }
}

function isIds(value: unknown): value is StreamId[] {
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_IDS && value.every(isStreamId);
}

function parseFilter(value: unknown): StreamFilter | undefined {
  if (!isObject<keyof StreamFilter>(value)) return undefined;
  const { bridge, guest, servicePort } = value;
  if (bridge !== undefined && !isBridgeName(bridge)) return undefined;
  if (guest !== undefined && !isIpv4(guest)) return undefined;
  if (servicePort !== undefined && !isPort(servicePort)) return undefined;
  return {
    ...(bridge === undefined ? {} : { bridge }),
    ...(guest === undefined ? {} : { guest }),
    ...(servicePort === undefined ? {} : { servicePort }),
  };
}

/**
 * Tells whether a value is a bridge name.
 *
 * @param value Anything.
 * @returns Whether it is a name that a bridge with a proxy can have.
 */
export function isBridgeName(value: unknown): value is BridgeName {
  return typeof value === "string" && BRIDGE_NAME.test(value);
}
