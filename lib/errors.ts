/**
 * The errors that are shown to a person. Each names the thing that failed and the remedy, and carries its cause.
 *
 * @module
 */

/** An error that is shown to the operator as one line, without a stack. */
export class TproxyError extends Error {
  /** What the operator can do about it: an imperative phrase, or empty if the message is enough. */
  readonly remedy: string;

  /**
   * Creates an error. It is shown as one line: `message; remedy`.
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

/** Input from the command line or from a file is not valid. */
export class InputError extends TproxyError {}

/** The configuration file can't be used at all. */
export class ConfigError extends TproxyError {}

/** The kernel's state (links, namespaces, nft) is wrong, and is not ours to change. */
export class KernelStateError extends TproxyError {}

/** A daemon could not be started, reached or stopped. */
export class DaemonError extends TproxyError {}

/** Another run has held a lock for too long. */
export class LockError extends TproxyError {}

/**
 * The configuration has changed since it was noted, so a program that can read it has to take over. Nothing is done
 * yet.
 */
export class NotNotedError extends TproxyError {}

/**
 * Formats an error as one line for a person or a log.
 *
 * @param error Any value that was thrown.
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
