/**
 * Parsing XML into a tree of elements. This is the only module that uses the `saxes` package. A text that is not well
 * formed is refused. A DOCTYPE is refused too, since it can make a parser fetch files or expand entities.
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

/** The deepest nesting that is accepted. A VM's XML is six elements deep. */
const MAX_DEPTH = 100;

/** The longest reason in a message. The package may quote much of the document in it. */
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
  // The parser ensures that there is exactly one root element.
  return document.children[0] as XmlElement;
}

function refuse(why: string): never {
  throw new Error(why);
}
