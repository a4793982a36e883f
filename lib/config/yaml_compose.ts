/**
 * The `yaml` package, made to read what Ruby reads, and to end soon whatever the file holds.
 *
 * @module
 */

import { Composer, type Document, Lexer, Parser } from "yaml";

/** The shipped file is nested four deep; the package's recursion overflows the stack at some hundred. */
const MAX_DEPTH = 100;

const OPTIONS = {
  version: "1.1",
  // Plain scalars are resolved as Ruby does it, in scalar.ts, and a tag that nobody knows is nobody's mistake.
  schema: "failsafe",
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** Throws the error for what is wrong at an offset of the text. */
export type Fail = (offset: number, reason: string, cause?: unknown) => never;

/**
 * Parses YAML.
 *
 * @param text The text.
 * @param fail Throws the error if it is not YAML, or is nested deeper than anybody would.
 * @returns Its documents; at least one, which has no errors.
 */
export function compose(text: string, fail: Fail): Document.Parsed[] {
  const strict = composeOnce(text, false, fail);
  const errors = strict[0]?.errors ?? [];
  const [first] = errors;
  if (first === undefined) return strict;
  // What is between brackets may have any indentation in Ruby. The strict form goes first: it finds a bracket that was
  // never closed where it is, not at the end of the file.
  if (errors.some(({ code }) => code === "BAD_INDENT")) {
    const lenient = composeOnce(text, true, fail);
    if (lenient[0]?.errors.length === 0) return lenient;
  }
  return fail(first.pos[0], first.message, first);
}

function composeOnce(text: string, lenient: boolean, fail: Fail): Document.Parsed[] {
  const [lexer, parser] = [new Lexer(), new Parser()];
  const tokens = function* () {
    for (const lexeme of lexer.lex(text)) {
      yield* parser.next(lexeme);
      if (parser.stack.length > MAX_DEPTH) fail(parser.offset, `nested more than ${MAX_DEPTH} deep`);
      // There is no option for it: how far a line has to be indented is a private field.
      if (lenient && Reflect.get(lexer, "flowLevel") > 0) Reflect.set(lexer, "indentNext", 0);
    }
    yield* parser.end();
  };
  return [...new Composer(OPTIONS).compose(tokens(), true, text.length)];
}
