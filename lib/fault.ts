/**
 * What keeps guests from being served, or lets them do what they must not, as `tproxy status` and the logs name it.
 *
 * @module
 */

/** Something that is not as it should be. */
export interface Fault {
  /** What it is, the same in every version: lower case and hyphens. */
  readonly code: string;
  /** Whose it is: a bridge's name, a process title or a file. */
  readonly subject: string;
  /** What is wrong: a clause without a full stop. */
  readonly text: string;
  /** What to do about it: an imperative phrase with a command that can be typed as it stands. */
  readonly remedy: string;
}

/**
 * Puts a fault into one line.
 *
 * @param fault The fault.
 * @returns Whose it is, what is wrong, and what to do about it.
 */
export function describeFault({ subject, text, remedy }: Fault): string {
  return `${subject}: ${text}; ${remedy}`;
}
