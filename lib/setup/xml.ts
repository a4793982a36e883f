/**
 * XML, the one wrapper around the `fast-xml-parser` package: text becomes a tree of elements, and whatever is not well
 * formed, or could make the reader fetch or grow something, is refused.
 *
 * @module
 */

import { XMLParser, XMLValidator } from "fast-xml-parser";
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

const TEXT = "#text";
const CDATA = "#cdata";

/** What the parser gives in the order of the file: a node has one key, its kind or its name. */
type Node = Readonly<Record<string, string | readonly Node[]>>;

/**
 * WHY these options: nothing is expanded or guessed by the parser (`0x10` stays text), and what it can't confuse (the
 * order, CDATA and text) it can't get wrong. A VM's description is six elements deep.
 */
const PARSER = new XMLParser({
  preserveOrder: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  maxNestedTags: 100,
});

/** Any character that XML 1.0 does not allow. */
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/**
 * Parses a whole document.
 *
 * @param text The document.
 * @returns Its root element.
 * @throws {InputError} If it is not well formed, or has a DOCTYPE or an entity of its own.
 */
export function parseXml(text: string): XmlElement {
  if (NO_CHARACTER.test(text)) throw notXml("it holds a character that XML does not allow");
  refuseDeclarations(text);
  const roots = parse(text.trim()).flatMap((node) => toElements(node));
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw notXml(`it has ${roots.length} root elements`);
  return root;
}

/**
 * WHY not only a search for "<!DOCTYPE": a VM's start script may well write a web page, and its deploy must not fail for
 * that. In CDATA and comments these are letters like any other; anywhere else nothing may begin with "<!".
 */
function refuseDeclarations(text: string): void {
  for (let at = text.indexOf("<!"); at >= 0; at = text.indexOf("<!", at)) {
    const closing = text.startsWith("<![CDATA[", at) ? "]]>" : text.startsWith("<!--", at) ? "-->" : undefined;
    if (closing === undefined) throw notXml("it has a DOCTYPE or an entity declaration, which are refused");
    // Not before the end of "<!--": in "<!-->" nothing is closed yet.
    at = text.indexOf(closing, at + 4);
    if (at < 0) throw notXml(`a part that ends with "${closing}" is not closed`);
  }
}

function parse(text: string): readonly Node[] {
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw notXml(`line ${verdict.err.line}: ${verdict.err.msg}`);
  if (!text.endsWith(">")) throw notXml("text follows the root element");
  try {
    return PARSER.parse(text);
  } catch (cause) {
    throw notXml(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A node as an element; text, which is not one, gives none. */
function toElements(node: Node): XmlElement[] {
  return Object.entries(node).flatMap(([name, content]) => {
    if (name === TEXT || name === CDATA || typeof content === "string") return [];
    const text = content.map(textOf).join("");
    return [{ name, text, children: content.flatMap((child) => toElements(child)) }];
  });
}

function textOf(node: Node): string {
  const cdata = node[CDATA];
  if (Array.isArray(cdata)) return cdata.map((part: Node) => part[TEXT]).join("");
  const text = node[TEXT];
  return typeof text === "string" ? decode(text) : "";
}

const PREDEFINED = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", '"'], ["apos", "'"]]);

/** Replaces the five entities that every document has, and characters by number; there are no others. */
function decode(text: string): string {
  return text.replaceAll(/&(?:(\w{1,16})|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));|&/g, (all, name, decimal, hex) => {
    const code = decimal === undefined ? parseInt(hex, 16) : Number(decimal);
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : PREDEFINED.get(name);
    if (character === undefined || NO_CHARACTER.test(character)) {
      throw notXml(`${JSON.stringify(all)} is not an entity that every document has`);
    }
    return character;
  });
}

function notXml(why: string, cause?: unknown): InputError {
  // The library quotes as much of the document as it likes.
  const short = why.length > 120 ? `${why.slice(0, 117)}...` : why;
  return new InputError(`Cannot read the VM's XML: ${short}`, "see that it is what the network driver was given", {
    cause,
  });
}
