/**
 * The keys of `tproxy top`, and where they lead. Pure.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";

/** What a key does. */
export type Key = "up" | "down" | "page-up" | "page-down" | "first" | "last" | "open" | "back" | "quit";

/** Where the reader is. */
export interface Place {
  /** The bridge that is open; `undefined` in the list of bridges. */
  readonly opened: BridgeName | undefined;
  /** The line that is selected, from 0. */
  readonly line: number;
}

/** What terminals send, as xterm(1), screen(1) and the Linux console do. */
const KEYS: Readonly<Record<string, Key>> = {
  "q": "quit",
  "\x03": "quit",
  "\x1b[21~": "quit",
  "\r": "open",
  "\n": "open",
  "\x1b[C": "open",
  "\x1bOC": "open",
  "\x1b": "back",
  "\x1b[D": "back",
  "\x1bOD": "back",
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
  "\x1b[H": "first",
  "\x1bOH": "first",
  "\x1b[1~": "first",
  "\x1b[F": "last",
  "\x1bOF": "last",
  "\x1b[4~": "last",
};

/** A sequence that begins with Escape, or a character. */
// deno-lint-ignore no-control-regex -- that is what terminals send
const SEQUENCE = /\x1b(?:\[[0-9;]*[@-~]|O[@-~])|[^]/g;

/** The beginning of a sequence that goes on in what is read next. A lone Escape is the key. */
// deno-lint-ignore no-control-regex -- the same
const UNFINISHED = /\x1b(?:\[[0-9;]{0,8}|O)$/;

/**
 * Reads keys.
 *
 * @param text What the terminal has sent, after the rest of what it has sent before.
 * @returns The keys that mean something, and the rest, to which more may be added.
 */
export function readKeys(text: string): { keys: Key[]; rest: string } {
  const rest = UNFINISHED.exec(text)?.[0] ?? "";
  const sent = text.slice(0, text.length - rest.length).match(SEQUENCE) ?? [];
  return { keys: sent.flatMap((sequence) => Object.hasOwn(KEYS, sequence) ? KEYS[sequence] ?? [] : []), rest };
}

/**
 * Tells where a key leads.
 *
 * @param place Where the reader is.
 * @param key The key, other than that to quit.
 * @param bridges The bridges in their order.
 * @param lines How many lines the list has in which the reader is.
 * @param page How many lines fit on the screen.
 * @returns Where the reader is then.
 */
export function press(
  { opened, line }: Place,
  key: Exclude<Key, "quit">,
  bridges: readonly BridgeName[],
  lines: number,
  page: number,
): Place {
  const at = Math.min(line, Math.max(0, lines - 1));
  const to = (line: number) => ({ opened, line: Math.max(0, Math.min(line, lines - 1)) });
  switch (key) {
    case "up":
      return to(at - 1);
    case "down":
      return to(at + 1);
    case "page-up":
      return to(at - page);
    case "page-down":
      return to(at + page);
    case "first":
      return to(0);
    case "last":
      return to(lines - 1);
    case "open":
      return opened === undefined && bridges[at] !== undefined
        ? { opened: bridges[at], line: 0 }
        : { opened, line: at };
    case "back":
      return opened === undefined
        ? { opened, line: at }
        : { opened: undefined, line: Math.max(0, bridges.indexOf(opened)) };
  }
}
