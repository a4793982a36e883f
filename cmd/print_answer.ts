/**
 * Where the answer of a command meets the terminal.
 *
 * @module
 */

import type { Answer } from "../lib/commands/answer.ts";

/**
 * Prints an answer.
 *
 * @param answer The answer.
 * @param asJson Whether it is a script that has asked.
 * @returns How to exit.
 */
export function printAnswer({ text, notes, json, exitCode }: Answer, asJson: boolean): number {
  const output = asJson ? json : text;
  if (output !== "") console.log(output);
  if (!asJson) { for (const note of notes) console.error(note); }
  return exitCode;
}
