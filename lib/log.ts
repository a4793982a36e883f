/**
 * Logging, the one wrapper around LogTape: JSON lines in a file for the daemons, plain lines on standard error for the
 * commands. Any module takes a logger with {@linkcode getLogger}; only `cmd/` decides where the lines go.
 *
 * @module
 */

import { configureSync, getLogger as getLogTape, type LogLevel, type LogRecord } from "@logtape/logtape";

export type { LogRecord };

/** Writes a line of one level: what happened, and the fields that say to whom. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Writes lines of all levels. */
export type Logger = Readonly<Record<"error" | "warning" | "info" | "debug", LogLine>>;

/**
 * Gives a module its logger.
 *
 * @param category The module's name.
 * @returns A logger; where its lines go is decided in `cmd/`, and until then they go nowhere.
 */
export function getLogger(category: string): Logger {
  const logger = getLogTape(category);
  // LogTape takes a message for a template; ours are texts, in which braces mean themselves.
  const line = (level: keyof Logger): LogLine => (message, fields = {}) => {
    if (LEVELS.indexOf(level) > directedLevel) return;
    logger[level](message.replaceAll(/[{}]/g, "$&$&"), fields);
  };
  return { error: line("error"), warning: line("warning"), info: line("info"), debug: line("debug") };
}

/** The `:tproxy_debug_level:` of the user document: 0 ERROR, 1 WARNING, 2 INFO, 3 DEBUG. */
export type DebugLevel = 0 | 1 | 2 | 3;

/** The level when the configuration names none. */
export const DEFAULT_DEBUG_LEVEL: DebugLevel = 2;

const LEVELS: readonly LogLevel[] = ["error", "warning", "info", "debug"];

/** The least important level that goes anywhere. Asked first, since a line that goes nowhere is on the way of every stream. */
let directedLevel = -1;

/**
 * Tells whether a value is a debug level.
 *
 * @param value Anything.
 * @returns `true` for 0, 1, 2 and 3.
 */
export function isDebugLevel(value: unknown): value is DebugLevel {
  return value === 0 || value === 1 || value === 2 || value === 3;
}

function lossLine(timestamp: number, lines: number): string {
  const message = "Lost lines that could not be written";
  return JSON.stringify({ time: new Date(timestamp).toISOString(), level: "warning", message, lines }) + "\n";
}

function messageOf(record: LogRecord): string {
  return record.message.map(String).join("");
}

/**
 * Renders a record as a line of a daemon's log.
 *
 * @param record A record of LogTape.
 * @returns One JSON object and a newline; the record's fields follow `time`, `level` and `message`.
 */
export function jsonLine(record: LogRecord): string {
  return JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    message: messageOf(record),
    ...record.properties,
  }) + "\n";
}

/**
 * Renders a record as a line on standard error.
 *
 * @param record A record of LogTape.
 * @returns For example `warning: Skipped an entry (bridge=br0)` and a newline.
 */
export function plainLine(record: LogRecord): string {
  const fields = Object.entries(record.properties).map(([key, value]) => `${key}=${shown(value)}`);
  return `${record.level}: ${messageOf(record)}${fields.length > 0 ? ` (${fields.join(", ")})` : ""}\n`;
}

/** A name that somebody else chose must not look like a line of its own. */
function shown(value: unknown): string {
  const text = String(value);
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) ? JSON.stringify(text) : text;
}

function direct(level: DebugLevel, sink: (record: LogRecord) => void): void {
  directedLevel = level;
  configureSync({
    reset: true,
    sinks: { sink },
    loggers: [
      { category: [], sinks: ["sink"], lowestLevel: LEVELS[level] ?? "info" },
      { category: ["logtape", "meta"], sinks: ["sink"], lowestLevel: "error" },
    ],
  });
}

/**
 * Sends log lines to standard error, for a command that a person or the network driver runs.
 *
 * @param level The least important level that is shown.
 */
export function logToStderr(level: DebugLevel): void {
  const encoder = new TextEncoder();
  direct(level, (record) => void Deno.stderr.writeSync(encoder.encode(plainLine(record))));
}

/** A log file of a daemon. */
export interface FileLog {
  /** Opens the file again by its name, so that logrotate can move it away, and changes the level. */
  reopen(level: DebugLevel): void;
}

/**
 * Sends log lines to a file. A line that can't be written (a full disk, a log that is too long) is lost; the daemon goes on, and
 * the log says how many were lost when it can be written again.
 *
 * @param path The file; it has to exist, since a daemon may not create files among the logs.
 * @param level The least important level that is written.
 * @returns The log, to be reopened on SIGHUP.
 * @throws {Deno.errors.NotFound} If the file is not there.
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for the file.
 */
export function logToFile(path: string, level: DebugLevel): FileLog {
  const encoder = new TextEncoder();
  let file = Deno.openSync(path, { append: true });
  let lost = 0;
  const write = (record: LogRecord) => {
    try {
      if (lost > 0) file.writeSync(encoder.encode(lossLine(record.timestamp, lost)));
      lost = 0;
      file.writeSync(encoder.encode(jsonLine(record)));
    } catch {
      // Nobody can be told now: the log is what failed, and the streams matter more than their lines.
      lost++;
    }
  };
  direct(level, write);
  return {
    reopen(level) {
      const old = file;
      file = Deno.openSync(path, { append: true });
      old.close();
      direct(level, write);
    },
  };
}
