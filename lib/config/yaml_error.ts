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
