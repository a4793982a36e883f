/**
 * Parsing JSON that may be damaged.
 *
 * @module
 */

/**
 * Parses a text that may be no JSON.
 *
 * @param text Anything.
 * @returns The value; `undefined`, which no JSON has, if the text is none.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
