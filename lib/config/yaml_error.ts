/**
 * The error of a file that is not YAML.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Position } from "./config.ts";

/** The configuration is not YAML. */
export class YamlError extends ConfigError {
  /** Where it stops being YAML. */
  readonly at: Position;
  /** What is wrong there, without the place. */
  readonly reason: string;
  /** The text of that line. */
  readonly line: string;

  /**
   * The message is the place and the reason.
   *
   * @param path The file.
   * @param details Where and what is wrong, and the text of the line.
   * @param options The error that caused this one.
   */
  constructor(path: string, details: { at: Position; reason: string; line: string }, options?: ErrorOptions) {
    const { at, reason, line } = details;
    super(`${path}:${at.line}:${at.column}: not YAML: ${reason}`, "correct that line", options);
    this.at = at;
    this.reason = reason;
    this.line = line;
  }
}

/** The errors of the package whose message has text of the file anywhere, and what to say in its place. */
const REASONS: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: "Directive that YAML does not have",
  BAD_DQ_ESCAPE: "Invalid escape sequence",
  BAD_SCALAR_START: "Plain value cannot start with this character",
  TAG_RESOLVE_FAILED: "Tag that can't be resolved",
};

/**
 * Tells what is wrong, without any text of the file: whoever may run `setup` by sudo(8) names the file, which may be
 * another one that only root can read. `tproxy check` shows the line.
 *
 * @param error An error of the package.
 * @returns The reason.
 */
export function reasonOf({ code, message }: { code: string; message: string }): string {
  // Whatever else the package found comes at the end, after a colon.
  return REASONS[code] ?? message.replace(/(?<=\w): .*/s, "");
}
