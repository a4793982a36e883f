/**
 * Faults, as `tproxy status` and the logs show them. A fault keeps guests from being served, or lets them do what they
 * must not do.
 *
 * @module
 */

/** Something that is not as it should be. */
export interface Fault {
  /** Its code, in lower case with hyphens; it stays the same in every version. */
  readonly code: string;
  /** The thing that has the fault: a bridge's name, a process title or a file. */
  readonly subject: string;
  /** What is wrong: a clause without a full stop. */
  readonly text: string;
  /** What to do about it: an imperative phrase with a command that can be typed as it stands. */
  readonly remedy: string;
}

/**
 * Formats a fault as one line.
 *
 * @param fault The fault.
 * @returns The subject, the text and the remedy.
 */
export function describeFault({ subject, text, remedy }: Fault): string {
  return `${subject}: ${text}; ${remedy}`;
}
