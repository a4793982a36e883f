/**
 * Rendering log lines: JSON for the daemons, plain text for the commands. Pure.
 *
 * @module
 */

/** How important a line is. */
export type LogLevel = "error" | "warning" | "info" | "debug";

/** The fields of a line besides its message, for example the bridge and the error. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A line before it is rendered. */
export interface LogRecord {
  /** When it was written, in milliseconds since 1970. */
  readonly time: number;
  /** How important it is. */
  readonly level: LogLevel;
  /** What happened. */
  readonly message: string;
  /** Its other fields. */
  readonly fields: LogFields;
}

/**
 * Renders a record as a line of a daemon's log.
 *
 * @param record A record.
 * @returns One JSON object and a newline; the record's fields follow `time`, `level` and `message`.
 */
export function jsonLine({ time, level, message, fields }: LogRecord): string {
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields }) + "\n";
}

/**
 * Renders a record as a line on standard error.
 *
 * @param record A record.
 * @returns For example `warning: Skipped an entry (bridge=br0)` and a newline.
 */
export function plainLine({ level, message, fields }: LogRecord): string {
  const shownFields = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  return `${level}: ${message}${shownFields.length > 0 ? ` (${shownFields.join(", ")})` : ""}\n`;
}

/** Escapes control characters, so that a name chosen by somebody else can't look like a line of its own. */
function shown(value: unknown): string {
  const text = String(value);
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) ? JSON.stringify(text) : text;
}
