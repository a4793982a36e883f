/**
 * What every command answers that only looks.
 *
 * @module
 */

/** An answer, for people and for scripts. */
export interface Answer {
  /** For people, on standard output; may be empty. */
  readonly text: string;
  /** For people, on standard error: what is wrong, or worth knowing besides. */
  readonly notes: readonly string[];
  /** All of it for a script, on standard output: one JSON text. */
  readonly json: string;
  /** How to exit. */
  readonly exitCode: number;
}

/**
 * Renders a value for a script whose author may want to read it, too.
 *
 * @param value What JSON can express; a member that is `undefined` is left out.
 * @returns JSON, a line for each member.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
