/**
 * Lines of a terminal with their colours. Pure.
 *
 * @module
 */

/** How a text looks: bold, dim, reversed, and its colour's name. */
export type Look = ReadonlySet<string>;

/** A text of one look. */
export interface Span {
  /** The text. */
  readonly text: string;
  /** How it looks. */
  readonly look: Look;
}

/** Changes of the look (ECMA-48, SGR). */
// deno-lint-ignore no-control-regex -- that is what terminals are sent
const CHANGE = /\x1b\[([0-9;]*)m/;

const COLOURS: Readonly<Record<string, string>> = { "31": "red", "32": "green", "36": "cyan" };
const OTHERS: Readonly<Record<string, string>> = { "1": "bold", "2": "dim", "7": "reversed" };

/** What each code ends. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  "22": ["bold", "dim"],
  "27": ["reversed"],
  "39": Object.values(COLOURS),
};

function change(look: Look, code: string): Look {
  if (code === "" || code === "0") return new Set();
  const ended = COLOURS[code] === undefined ? ENDS[code] ?? [] : Object.values(COLOURS);
  const begun = COLOURS[code] ?? OTHERS[code];
  const left = look.difference(new Set(ended));
  return begun === undefined ? left : left.union(new Set([begun]));
}

/**
 * Splits what a terminal shows, as tmux prints it, which does not repeat in a line what the one before has changed.
 *
 * @param screen The lines of the screen.
 * @returns The spans of each line, without trailing space.
 */
export function spansOf(screen: string): Span[][] {
  let look: Look = new Set();
  return screen.split("\n").map((line) => {
    const spans: Span[] = [];
    line.trimEnd().split(CHANGE).forEach((part, at) => {
      if (at % 2 === 1) look = part.split(";").reduce(change, look);
      else if (part !== "") spans.push({ text: part, look });
    });
    return spans;
  });
}
