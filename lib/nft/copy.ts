/**
 * A text of ours in nft: in the comments of a set's elements, piece by piece, since a comment holds 128 bytes at most.
 *
 * WHY a set of its own and not the comments of the map's elements: OpenNebula's own proxies read these elements, and one
 * with a comment has another form.
 *
 * @module
 */

import { TPROXY } from "../names.ts";
import { field } from "./listing.ts";

const PIECE = 120;

/** Far more than a bridge with services on all its ports has. */
const MAX_PIECES = 65_536;

/**
 * Renders what makes a set hold a text, whatever it held.
 *
 * @param set The set's name.
 * @param json The text: JSON in one line. Only letters, digits and a few signs of it go into the script as they are.
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

/** JSON with `'` for `"`, which ends a comment; what is neither a letter, a digit nor a known sign stands in its strings alone. */
function encode(json: string): string {
  const plain = json.replaceAll(/[^A-Za-z0-9 "{}[\]:,._+\\-]/g, (sign) => `\\u${hex(sign.charCodeAt(0))}`);
  return plain.replaceAll('"', "'");
}

function hex(code: number): string {
  return code.toString(16).padStart(4, "0");
}

/**
 * Reads what {@linkcode renderCopy} has written, or whoever else may write nft.
 *
 * @param elements The set's elements as nft lists them, in any order.
 * @returns The text; `undefined` if a piece before another one is missing, or if it is no such set. Without its last
 * pieces, a list or an object in JSON is no JSON any more.
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
