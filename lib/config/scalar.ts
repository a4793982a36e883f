/**
 * Plain YAML scalars as Ruby reads them. No schema of the `yaml` package does: Ruby knows commas in numbers, takes `y`
 * and `n` for texts, and makes a text of a number with a leading zero that is not octal.
 *
 * @module
 */

/** What a plain scalar can stand for; anything else that Ruby would make of it (a float, a date) stays a text here. */
export type PlainValue = string | number | boolean | null;

/** Digits of each base with separators anywhere after the first, as in `5_030`; Ruby has decimal separators single. */
const INTEGERS: readonly [RegExp, number][] = [
  [/^([-+]?)0b([01_]*[01][01_]*)$/, 2],
  [/^([-+]?)0x([\da-f_]*[\da-f][\da-f_]*)$/i, 16],
  [/^([-+]?)0([0-7_]*[0-7][0-7_]*)$/, 8],
  [/^([-+]?)(0|[1-9](?:[,_]?\d)*)$/, 10],
];

/**
 * Resolves a scalar that is neither quoted nor tagged.
 *
 * A number to the base of 60 stays a text: `1:30` is 90 in YAML 1.1 and 5400 in Ruby, and nobody means either. It is
 * reported wherever a number has to be.
 *
 * @param text The scalar's text.
 * @returns `null`, a boolean or an integer if it is written like one, else the text.
 */
export function resolvePlain(text: string): PlainValue {
  if (/^(?:|~|null)$/i.test(text)) return null;
  if (/^(?:yes|true|on)$/i.test(text)) return true;
  if (/^(?:no|false|off)$/i.test(text)) return false;
  for (const [pattern, base] of INTEGERS) {
    const [, sign, digits] = pattern.exec(text) ?? [];
    if (digits === undefined) continue;
    const number = parseInt(digits.replaceAll(/[,_]/g, ""), base);
    return sign === "-" && number !== 0 ? -number : number;
  }
  return text;
}
