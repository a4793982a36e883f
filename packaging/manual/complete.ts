/**
 * What the completions of all shells have in common. Pure.
 *
 * @module
 */

import type { ProgramPage, VerbPage } from "./command_line.ts";

/**
 * Quotes a text for a POSIX shell.
 *
 * @param text The text.
 * @returns One word.
 */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Tells whether the value of an option is a bridge of this host.
 *
 * @param words The words by which the option is given.
 */
export function bridgesOf(words: readonly string[]): boolean {
  return words.includes("--bridge");
}

/**
 * Lists what may follow a command: its options, and the words that its arguments may be.
 *
 * @param program The program.
 * @param verb The command.
 */
export function wordsOf(program: ProgramPage, verb: VerbPage): string[] {
  const named = verb.arguments.flatMap(({ choices }) => choices);
  const arguments_ = verb.name === "help" ? program.verbs.map(({ name }) => name) : named;
  return [...arguments_, ...verb.options.flatMap(({ words }) => words), "--help"];
}
