/**
 * The lines of the proxies' logs. A proxy may be compromised and write anything into its own. Pure.
 *
 * @module
 */

import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";
import type { BridgeName } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import type { StreamId } from "../protocol/stream_id.ts";
import type { FindVm } from "../setup/vm_addresses.ts";

/** How long a line may be, in characters. A longer one is not shown. */
export const LONGEST_LOG_LINE = 64 * 1024;

/** A line. */
export interface LogLine {
  /** When it was written, in milliseconds since 1970. */
  readonly time: number;
  /** Its JSON object, with all characters escaped that could move a terminal's cursor. */
  readonly json: string;
  /** The bridge of the inner that has written it; `undefined` for outer. */
  readonly bridge: BridgeName | undefined;
  /** What is in it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Which lines are meant; all that a missing field would leave out. */
export interface LogFilter {
  /** The bridge. */
  readonly bridge?: BridgeName;
  /** The guest's address. */
  readonly guest?: string;
  /** The service port. */
  readonly servicePort?: number;
  /** The stream. */
  readonly stream?: StreamId;
  /** The earliest time, in milliseconds since 1970. */
  readonly since?: number;
}

/**
 * Reads a line.
 *
 * @param text The line.
 * @param bridge The bridge of the log; `undefined` for outer's.
 * @returns The line; `undefined` if it is none that a proxy writes.
 */
export function parseLogLine(text: string, bridge: BridgeName | undefined): LogLine | undefined {
  if (text.length > LONGEST_LOG_LINE) return undefined;
  const fields = parseJson(text);
  if (!isObject<"time" | "level" | "message">(fields)) return undefined;
  const time = typeof fields.time === "string" && TIME.test(fields.time) ? Date.parse(fields.time) : NaN;
  if (Number.isNaN(time) || typeof fields.level !== "string" || typeof fields.message !== "string") return undefined;
  return { time, json: escapeAll(text.trim()), bridge, fields };
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Escapes what JSON lets stand in a text, and a terminal does not. Outside of texts, JSON has none of it. */
function escapeAll(json: string): string {
  return json.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/**
 * Tells, without reading a line, that it is too old.
 *
 * @param text The line.
 * @param since The earliest time, in milliseconds since 1970.
 * @returns `true` only if it begins with a time before that.
 */
export function isOlder(text: string, since: number): boolean {
  const written = /^\{"time":"([^"]{24})"/.exec(text)?.[1];
  return written !== undefined && written < new Date(since).toISOString();
}

/**
 * Tells whether a line is meant.
 *
 * @param line The line.
 * @param filter Which lines are.
 * @returns Whether this one is.
 */
export function isMeant(line: LogLine, { bridge, guest, servicePort, stream, since }: LogFilter): boolean {
  const { fields } = line;
  const of = line.bridge ?? fields["bridge"];
  const who = String(fields["guest"] ?? "");
  return (bridge === undefined || of === bridge) &&
    (guest === undefined || who === guest || who.startsWith(`${guest}:`)) &&
    (servicePort === undefined || fields["port"] === servicePort) &&
    (stream === undefined || fields["stream"] === stream) &&
    (since === undefined || line.time >= since);
}

/** How wide the columns for the level and the proxy are. */
const [LEVEL_WIDTH, PROXY_WIDTH] = [7, 5];

/**
 * Renders a line for people.
 *
 * @param line The line.
 * @param findVm Finds the VM that a guest's address belonged to.
 * @returns Time, level, `outer` or the bridge of the inner, the message, the other fields, and the VM with its network
 * if they are known.
 */
export function renderLogLine(line: LogLine, findVm: FindVm): string {
  const { bridge, fields } = line;
  // No proxy knows the VM. One that was taken over could only lie about it.
  const { time, level, message, vm: _vm, network: _network, ...others } = fields;
  const shown = Object.entries({ ...others, ...vmOf(line, findVm) })
    .filter(([name]) => bridge === undefined || name !== "bridge")
    .map(([name, value]) => `${printable(name)}=${shownValue(value)}`);
  const columns = [
    printable(time),
    printable(level).padEnd(LEVEL_WIDTH),
    (bridge ?? "outer").padEnd(PROXY_WIDTH),
    printable(message),
    ...shown,
  ];
  return columns.join("  ");
}

/**
 * Finds the VM that had the guest's address when the stream was opened: an address may belong to another one when it
 * ends.
 */
function vmOf({ time, bridge, fields }: LogLine, findVm: FindVm): ReturnType<FindVm> {
  const { bridge: of = bridge, guest, ms } = fields;
  if (typeof of !== "string" || typeof guest !== "string") return undefined;
  return findVm(bridge ?? of, guest.split(":", 1)[0] ?? "", time - (isCount(ms) ? ms : 0));
}

function shownValue(value: unknown): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return printable(/[\s"=]/.test(text) ? JSON.stringify(text) : text);
}

/** Replaces what could move a terminal's cursor, or begin another line. */
function printable(text: unknown): string {
  return String(text).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\ufffd");
}
