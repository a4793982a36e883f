/**
 * YAML 1.1 with positions, the one wrapper around the `yaml` package.
 *
 * @module
 */

import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, Parser } from "yaml";
import { ConfigError } from "../errors.ts";
import { type Position, printable } from "./config.ts";
import { splitGlued } from "./keys.ts";
import { reasonOf, YamlError } from "./yaml_error.ts";
import { type YamlContent, type YamlFile, type YamlKey, YamlValue } from "./yaml_value.ts";

const OPTIONS = {
  version: "1.1",
  // Plain scalars are resolved as Ruby does it, in scalar.ts, and a tag that nobody knows is nobody's mistake.
  schema: "failsafe",
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** The shipped file is nested four deep; the package's recursion overflows the stack at some hundred. */
const MAX_DEPTH = 100;

/** Far more than a file of 256 KiB holds, unless its aliases multiply it. */
const MAX_VALUES = 2_000_000;

/** What makes a symbol of a key without a colon. */
const SYMBOL_TAG = "!ruby/symbol";

/**
 * Parses a YAML file.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns Its top-level value.
 * @throws {YamlError} If it is not YAML, or is nested more than 100 deep; the message names line and column.
 */
export function parseYaml(text: string, path: string): YamlValue {
  return new YamlReader(text, path).read();
}

/** Makes values of the package's nodes. */
class YamlReader implements YamlFile {
  readonly nextDocument: Position | undefined;
  refused: YamlFile["refused"];
  readonly #text: string;
  readonly #path: string;
  readonly #root: Node | null;
  readonly #lines = new LineCounter();
  /** The last value with each anchor so far. */
  readonly #anchors = new Map<string, YamlValue>();
  #seen = 0;

  constructor(text: string, path: string) {
    // A carriage return alone ends a line too, in YAML and for Ruby.
    this.#text = text.replaceAll(/\r(?!\n)/g, "\n");
    this.#path = path;
    this.#lines.lineStarts = [0, ...this.#text.matchAll(/\n/g).map(({ index }) => index + 1)];
    const [first, ...others] = this.#compose();
    const error = first?.errors[0];
    if (error !== undefined) this.#fail(error.pos[0], reasonOf(error), error);
    const second = others.find(({ contents }) => !isScalar(contents) || contents.value !== "");
    this.nextDocument = second && this.#positionOf(second.contents?.range[0] ?? second.range[0]);
    this.#root = first?.contents ?? null;
  }

  /** The top-level value. */
  read(): YamlValue {
    return this.#toValue(this.#root, { line: 1, column: 1 });
  }

  /** Aliases of aliases multiply values without end, so whatever is looked at is counted. */
  count(values: number): void {
    this.#seen += values;
    if (this.#seen <= MAX_VALUES) return;
    const message = `The configuration ${this.#path} is too large once its aliases are followed`;
    throw new ConfigError(message, "use fewer aliases of long lists");
  }

  #compose(): Document.Parsed[] {
    const [lexer, parser] = [new Lexer(), new Parser()];
    const fail = () => this.#fail(parser.offset, `nested more than ${MAX_DEPTH} deep`);
    const tokens = function* (text: string) {
      for (const lexeme of lexer.lex(text)) {
        yield* parser.next(lexeme);
        if (parser.stack.length > MAX_DEPTH) fail();
      }
      yield* parser.end();
    };
    return [...new Composer(OPTIONS).compose(tokens(this.#text), true, this.#text.length)];
  }

  /** Makes a value of a node; an empty one, which has no place, gets the fallback. */
  #toValue(node: Node | null, fallback: Position): YamlValue {
    if (node?.range && isRefused(node)) {
      const [start, end] = node.range;
      this.refused ??= {
        at: this.#positionOf(start),
        source: printable(this.#text.slice(start, end).split("\n", 1)[0] ?? ""),
      };
    }
    const target = isAlias(node) ? this.#anchors.get(node.source) : undefined;
    if (target !== undefined) return target;
    const [start, end] = node?.range ?? [];
    const at = start === undefined ? fallback : this.#positionOf(start);
    const [items, keys]: [YamlValue[], YamlKey[]] = [[], []];
    const text = start === undefined ? "" : this.#text.slice(start, end);
    const value = new YamlValue(this, at, text, contentOf(node, items, keys));
    // The anchor comes before the contents, which may be an alias of it.
    if (node !== null && !isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, value);
    if (isSeq<Node | null>(node)) {
      for (const item of node.items) items.push(this.#toValue(item, at));
    } else if (isMap<Node | null, Node | null>(node)) {
      for (const pair of node.items) keys.push(this.#toKey(pair.key, pair.value, at));
    }
    return value;
  }

  #toKey(key: Node | null, node: Node | null, fallback: Position): YamlKey {
    const written = this.#toValue(key, fallback);
    return { name: written.name, key: written, value: this.#toValue(node, written.at) };
  }

  #positionOf(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #fail(offset: number, reason: string, cause?: unknown): never {
    // YAML notices a bracket or quote that was never closed only lines later. It is missing after the last word before.
    const end = /\b(?:end with|closing)\b/.test(reason) ? offset : this.#text.length;
    const at = this.#positionOf(Math.min(offset, this.#text.slice(0, end).trimEnd().length));
    const line = this.#text.split("\n", at.line)[at.line - 1]?.trimEnd() ?? "";
    // A colon without a space behind it ends no key, so YAML complains of the colon in the next line.
    const glued = splitGlued(line.slice(at.column - 1).split(/\s/, 1)[0] ?? "");
    if (glued !== undefined) reason = `:${glued.key}:${glued.value} lacks a space after the colon`;
    throw new YamlError(this.#path, { at, reason, line: printable(line) }, { cause });
  }
}

function contentOf(node: Node | null, items: readonly YamlValue[], keys: readonly YamlKey[]): YamlContent {
  if (isSeq(node)) return { kind: "list", items };
  if (isMap(node)) return { kind: "mapping", keys };
  if (isAlias(node)) return { kind: "alias of nothing" };
  const { value = "", type = "PLAIN", tag } = node ?? {};
  const [text, isUntagged] = [String(value), type === "PLAIN" && tag === undefined];
  return {
    kind: "scalar",
    text,
    isPlain: isUntagged,
    isSymbol: isUntagged ? text.startsWith(":") : tag === SYMBOL_TAG,
  };
}

/** Tells whether Ruby's safe loader refuses a node: an alias, a date, an object. */
function isRefused(node: Node): boolean {
  if (isAlias(node)) return true;
  if (node.tag?.startsWith("!ruby/")) return !/^!ruby\/sym(?:bol)?$/.test(node.tag);
  return isScalar(node) && node.type === "PLAIN" && /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt\s])/.test(String(node.value));
}
