/**
 * Logging: JSON lines in a file for the daemons, plain lines on standard error for the commands. Any module may write
 * to {@linkcode log}. Only `cmd/` and the daemons decide where the lines go.
 *
 * @module
 */

import { jsonLine, type LogFields, type LogLevel, type LogRecord, plainLine } from "./log_lines.ts";

/** Writes a line of one level: a message and its fields. */
export type LogLine = (message: string, fields?: LogFields) => void;

/** Writes lines of all levels. */
export interface Logger extends Readonly<Record<LogLevel, LogLine>> {
  /**
   * Tells whether lines of a level are written. A busy caller can then avoid to build fields that nobody reads.
   *
   * @param level The level.
   * @returns Whether they are written.
   */
  enabled(level: LogLevel): boolean;
  /** Writes a line of the level `debug`, whichever levels are written. */
  readonly always: LogLine;
}

/** The `:tproxy_debug_level:` of the user document: 0 ERROR, 1 WARNING, 2 INFO, 3 DEBUG. */
export type DebugLevel = 0 | 1 | 2 | 3;

/** The level if the configuration sets none. */
export const DEFAULT_DEBUG_LEVEL: DebugLevel = 2;

const DEBUG_LEVELS: Readonly<Record<LogLevel, DebugLevel>> = { error: 0, warning: 1, info: 2, debug: 3 };

const NO_FIELDS: LogFields = {};

/**
 * The least important level that is written; -1 for none, until {@linkcode logToStderr} or {@linkcode logToFile} is
 * called.
 */
let threshold: DebugLevel | -1 = -1;

let sink: (record: LogRecord) => void = () => {};

function lineOf(level: LogLevel): LogLine {
  return (message, fields = NO_FIELDS) => {
    if (log.enabled(level)) sink({ time: Date.now(), level, message, fields });
  };
}

/**
 * The logger of this program. Its lines go nowhere before {@linkcode logToStderr} or {@linkcode logToFile} is called.
 */
export const log: Logger = {
  error: lineOf("error"),
  warning: lineOf("warning"),
  info: lineOf("info"),
  debug: lineOf("debug"),
  enabled: (level) => DEBUG_LEVELS[level] <= threshold,
  always: (message, fields = NO_FIELDS) => sink({ time: Date.now(), level: "debug", message, fields }),
};

/**
 * Tells whether a value is a debug level.
 *
 * @param value Anything.
 * @returns `true` for 0, 1, 2 and 3.
 */
export function isDebugLevel(value: unknown): value is DebugLevel {
  return value === 0 || value === 1 || value === 2 || value === 3;
}

/**
 * Sends log lines to standard error, for a command that a person or the network driver runs.
 *
 * @param level The least important level that is shown.
 */
export function logToStderr(level: DebugLevel): void {
  const encoder = new TextEncoder();
  threshold = level;
  sink = (record) => {
    try {
      Deno.stderr.writeSync(encoder.encode(plainLine(record)));
    } catch {
      // The caller has closed standard error, or its disk is full. The command has to do its work anyway.
    }
  };
}

/** A log file of a daemon. */
export interface FileLog {
  /**
   * Opens the file again by its name, since logrotate may have moved it away, and changes the level.
   *
   * @param level The least important level that is written from now on.
   */
  reopen(level: DebugLevel): void;
}

/**
 * Sends log lines to a file. A line that can't be written is lost, for example if the disk is full. The daemon goes on.
 * Once the log can be written again, it says how many lines were lost.
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
  let isCut = false;
  const append = (line: string) => {
    const bytes = encoder.encode(isCut ? `\n${line}` : line);
    // On a disk that is nearly full, only the beginning of a line may be written. The returned count is the only sign
    // of it.
    isCut = file.writeSync(bytes) < bytes.length;
    if (isCut) throw new Error("Only a part of the line was written");
  };
  threshold = level;
  sink = (record) => {
    try {
      if (lost > 0) append(lossLine(record.time, lost));
      lost = 0;
      append(jsonLine(record));
    } catch {
      // The log itself has failed, so the failure can't be logged. The daemon goes on, since streams matter more than
      // log lines.
      lost++;
    }
  };
  return {
    reopen(level) {
      const old = file;
      file = Deno.openSync(path, { append: true });
      old.close();
      threshold = level;
    },
  };
}

function lossLine(time: number, lines: number): string {
  return jsonLine({ time, level: "warning", message: "Lost lines that could not be written", fields: { lines } });
}
