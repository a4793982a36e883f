/**
 * Text for `man`: what roff(7) would interpret is escaped, and the Markdown of `docs/` is rendered. Pure.
 *
 * @module
 */

/** Characters that roff(7) interprets, or that `man` would show as others, and groff_char(7)'s names for them. */
const NAMED: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/**
 * Escapes a text.
 *
 * @param text The text, on one line or several.
 * @returns The same for a line of a page, or for a macro's argument in quotes.
 */
export function escape(text: string): string {
  return text.replaceAll(/[\\'"`^~-]/g, (character) => NAMED[character] ?? character)
    .replaceAll(/[^\n\x20-\x7e]/gu, (character) => `\\[u${hex(character)}]`)
    .replaceAll(/^\./gm, "\\&.");
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** Escapes a text and makes it bold. */
export function bold(text: string): string {
  return `\\fB${escape(text)}\\fR`;
}

/**
 * Renders a term and what is said of it.
 *
 * @param term The term, rendered.
 * @param lines What is said of it, rendered; nothing makes the term a paragraph of its own.
 * @returns Lines of a page.
 */
export function item(term: string, ...lines: readonly string[]): string[] {
  return [".TP", term, ...lines.filter((line) => line !== "")];
}

/**
 * Renders a line of Markdown: code is bold, and of a link the text stays.
 *
 * @param text The line.
 * @returns A line of a page.
 */
export function renderLine(text: string): string {
  const plain = text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1");
  return plain.split("`").map((part, at) => at % 2 === 0 ? escape(part.replaceAll("**", "")) : bold(part)).join("");
}
