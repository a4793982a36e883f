/**
 * XML, the one wrapper around the `saxes` package: text becomes a tree of elements. Whatever is not well formed is refused, and so is a
 * DOCTYPE, since it could have a reader fetch or expand something.
 *
 * @module
 */

import { SaxesParser } from "saxes";
import { InputError } from "../errors.ts";

/** An element; attributes, comments and processing instructions are left out. */
export interface XmlElement {
  /** Its name. */
  readonly name: string;
  /** All text directly in it, CDATA included. */
  readonly text: string;
  /** The elements directly in it, in the file's order. */
  readonly children: readonly XmlElement[];
}

/** An element that is not closed yet. */
interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** A VM's description is six elements deep. */
const MAX_DEPTH = 100;

/** The package quotes as much of the document as it likes. */
const LONGEST_REASON = 120;

/**
 * Parses a whole document.
 *
 * @param text The document.
 * @returns Its root element.
 * @throws {InputError} If it is not well formed, has a DOCTYPE, or is nested more than 100 deep.
 */
export function parseXml(text: string): XmlElement {
  const document: OpenElement = { name: "", text: "", children: [] };
  const open = [document];
  const current = () => open.at(-1) ?? document;
  const addText = (text: string) => void (current().text += text);
  const parser = new SaxesParser({ position: false });
  parser.on("doctype", () => refuse("it has a DOCTYPE, which is refused"));
  parser.on("opentag", ({ name }) => {
    if (open.length > MAX_DEPTH) refuse(`elements are nested more than ${MAX_DEPTH} deep`);
    const element: OpenElement = { name, text: "", children: [] };
    current().children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", addText);
  parser.on("cdata", addText);
  try {
    parser.write(text.trim()).close();
  } catch (cause) {
    const why = `line ${parser.line}: ${cause instanceof Error ? cause.message : cause}`;
    const short = why.length > LONGEST_REASON ? `${why.slice(0, LONGEST_REASON - 3)}...` : why;
    const remedy = "see that it is what the network driver was given";
    throw new InputError(`Cannot read the VM's XML: ${short}`, remedy, { cause });
  }
  // The parser sees to it that there is one, and no more.
  return document.children[0] as XmlElement;
}

function refuse(why: string): never {
  throw new Error(why);
}
