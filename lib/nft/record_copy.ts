/**
 * Stores a text in nft, in the comments of a set's elements. The text is cut into pieces, since a comment holds 128
 * bytes at most.
 *
 * WHY a set of its own and not the comments of the map: OpenNebula's own proxies read the map, and nft lists an element
 * with a comment in another form.
 *
 * @module
 */

import { TPROXY } from "../names.ts";
import { field } from "./listing.ts";

const PIECE = 120;

/** Far more than a bridge with services on all its ports has. */
const MAX_PIECES = 65_536;

/**
 * Renders the commands that store a text in a set, whatever it held before.
 *
 * @param set The set's name.
 * @param json The text: JSON in one line. All characters but letters, digits and a few signs are escaped.
 * @returns Commands for `nft -f -`.
 */
export function renderCopy(set: string, json: string): string[] {
  const pieces = encode(json).match(new RegExp(`.{1,${PIECE}}`, "gs")) ?? [];
  const elements = pieces.map((piece, i) => `${i} comment "${piece}"`).join(", ");
  return [
    `add set bridge ${TPROXY} ${set} { type inet_service ; }`,
    `flush set bridge ${TPROXY} ${set}`,
    ...(elements === "" ? [] : [`add element bridge ${TPROXY} ${set} { ${elements} }`]),
  ];
}

/**
 * Writes `'` for `"`, which would end a comment, and escapes every other unsafe character. Such a character can occur
 * in JSON only inside a string, where `\u` escapes are allowed.
 */
function encode(json: string): string {
  const plain = json.replaceAll(/[^A-Za-z0-9 "{}[\]:,._+\\-]/g, (sign) => `\\u${hex(sign.charCodeAt(0))}`);
  return plain.replaceAll('"', "'");
}

function hex(code: number): string {
  return code.toString(16).padStart(4, "0");
}

/**
 * Reads a text that {@linkcode renderCopy} has stored. Anybody who may change nft can have written something else.
 *
 * @param elements The set's elements as nft lists them, in any order.
 * @returns The text; `undefined` if a piece in the middle is missing, or if the set holds no text. Missing last pieces
 * are not noticed here, but the JSON of a list or an object without its end can't be parsed.
 */
export function parseCopy(elements: unknown): string | undefined {
  if (!Array.isArray(elements) || elements.length > MAX_PIECES) return undefined;
  const pieces: string[] = [];
  for (const element of elements) {
    const [place, piece] = [field(field(element, "elem"), "val"), field(field(element, "elem"), "comment")];
    if (typeof place !== "number" || typeof piece !== "string" || pieces[place] !== undefined) return undefined;
    if (!Number.isInteger(place) || place < 0 || place >= elements.length) return undefined;
    pieces[place] = piece;
  }
  return pieces.join("").replaceAll("'", '"');
}
