/**
 * The errors that reach a person. Each names the thing that went wrong and the remedy, and carries its cause.
 *
 * @module
 */

/** An error to be shown to the operator as one line, without a stack. */
export class TproxyError extends Error {
  /** What the operator can do about it: an imperative phrase, or empty if the message says it all. */
  readonly remedy: string;

  /**
   * Message and remedy become one line, `message; remedy`, wherever the error is shown.
   *
   * @param message What failed, on what, and why: one line in the active voice, without a full stop.
   * @param remedy What to do about it, or an empty string.
   * @param options The error that caused this one.
   */
  constructor(message: string, remedy = "", options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.remedy = remedy;
  }
}

/** Something that was typed, or read from a file that somebody wrote, is not what it has to be. */
export class InputError extends TproxyError {}

/** The configuration file can't be used at all. */
export class ConfigError extends TproxyError {}

/** The kernel's state (links, namespaces, nft) is not what it has to be, and is not ours to change. */
export class KernelStateError extends TproxyError {}

/** A daemon could not be started, reached or ended. */
export class DaemonError extends TproxyError {}

/** Another run holds a lock for longer than anybody should. */
export class LockError extends TproxyError {}

/**
 * Puts an error into one line for a person or a log.
 *
 * @param error Anything that was thrown.
 * @returns The message and the remedy of a {@linkcode TproxyError}; name and message of any other error.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describe, TproxyError } from "@one/tproxy";
 *
 * const error = new TproxyError("Cannot do it", "try again");
 * assert.equal(describe(error), "Cannot do it; try again");
 * ```
 */
export function describe(error: unknown): string {
  if (error instanceof TproxyError) {
    return oneLine(error.remedy === "" ? error.message : `${error.message}; ${error.remedy}`);
  }
  return oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " | ");
}
