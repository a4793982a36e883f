/**
 * YAML with positions: read as Ruby's YAML 1.1 reads it, with symbol and string keys alike. This and the modules that
 * begin with `yaml_` are the one wrapper around the `yaml` package.
 *
 * @module
 */

import { isMap, isScalar, isSeq, type Node } from "yaml";
import { type Position, printable } from "./config.ts";
import { type PlainValue, resolvePlain } from "./scalar.ts";
import { YamlDocument } from "./yaml_document.ts";

/** The key by which one mapping takes in others. */
const MERGE = "<<";

/** What makes a symbol of a key without a colon. */
const SYMBOL_TAG = "!ruby/symbol";

/** A key of a mapping. */
export interface YamlKey {
  /** Its name without colons and quotes; its text as the file has it if it is no plain value. */
  readonly name: string;
  /** Its text as the file has it, cut like {@linkcode YamlValue.source}. */
  readonly source: string;
  /** Whether Ruby makes a symbol of it; a text, for example `service_port` or `":service_port"`, is another key there. */
  readonly isSymbol: boolean;
  /** Where it is. */
  readonly at: Position;
  /** Its value. */
  readonly value: YamlValue;
}

/** A key of a mapping, and the node of its value. */
type Pair = Omit<YamlKey, "value"> & { readonly value: Node | null };

/** A value in the file. */
export class YamlValue {
  /** The pairs of a mapping, once somebody has asked for a key: all of ours are looked for in the same one. */
  #read: readonly Pair[] | undefined;
  readonly #node: Node | null;
  readonly #document: YamlDocument;
  /** Where it begins, or where its key does if it is empty. */
  readonly at: Position;

  /**
   * Makes a value.
   *
   * @param document The file it is in.
   * @param node The node of the `yaml` package; `null` for an empty value.
   * @param fallback The position of an empty value.
   */
  constructor(document: YamlDocument, node: Node | null, fallback: Position) {
    this.#document = document;
    // An alias of nothing stays what it is, neither scalar nor list, so that it can't be taken for an empty value.
    this.#node = node && document.follow(node);
    this.at = node?.range ? document.positionOf(node.range[0]) : fallback;
  }

  /** The text as the file has it, cut to one short line that is safe to print. */
  get source(): string {
    const range = this.#node?.range;
    const text = range ? this.#document.text.slice(range[0], range[1]).trim() : "";
    if (text === "") return "empty";
    const line = text.split("\n", 1)[0] ?? "";
    return printable(line === text && line.length <= 80 ? line : `${line.slice(0, 77).trimEnd()}...`);
  }

  /** The plain value, if it is neither a list nor a mapping. */
  get scalar(): PlainValue | undefined {
    if (this.#node === null) return null;
    if (!isScalar(this.#node)) return undefined;
    const { value, type, tag } = this.#node;
    return type === "PLAIN" && tag === undefined ? resolvePlain(String(value)) : String(value);
  }

  /** The values of a list, or `undefined` if it is none. */
  get items(): YamlValue[] | undefined {
    if (!isSeq(this.#node)) return undefined;
    this.#document.count(this.#node.items.length);
    return this.#node.items.map((item) => new YamlValue(this.#document, item as Node | null, this.at));
  }

  /** Where the document after this value's begins, if the file has one; it does not count, as in Ruby. */
  get nextDocument(): Position | undefined {
    return this.#document.next;
  }

  /** Whether it is a mapping. */
  get isMapping(): boolean {
    return isMap(this.#node);
  }

  /** The keys of a mapping in the file's order, then those of what is merged into it; none of anything else. */
  get keys(): YamlKey[] {
    return this.#mappings.flatMap((mapping) =>
      mapping.#pairs.filter(({ name }) => name !== MERGE)
        .map(({ value, ...key }) => ({ ...key, value: new YamlValue(this.#document, value, key.at) }))
    );
  }

  /**
   * Finds a key of a mapping, or of what is merged into it (`<<: *defaults`). If it is there more than once, the last one
   * counts, as in Ruby.
   *
   * @param key The key without colons; `tproxy` finds `:tproxy:`, `tproxy:` and `"tproxy":`.
   * @returns Its value, or `undefined` if there is no such key.
   */
  get(key: string): YamlValue | undefined {
    for (const mapping of this.#mappings) {
      const own = mapping.getAll(key).at(-1);
      if (own !== undefined) return own;
    }
    return undefined;
  }

  /**
   * Finds every value of a key of a mapping, without what is merged into it.
   *
   * @param key The key without colons.
   * @returns The values in the file's order, of which only the last one counts.
   */
  getAll(key: string): YamlValue[] {
    const pairs = this.#pairs.filter(({ name }) => name === key);
    return pairs.map(({ at, value }) => new YamlValue(this.#document, value, at));
  }

  /** This value and what is merged into it, each once, in the order in which they are looked into. */
  get #mappings(): YamlValue[] {
    const seen = new Set<Node>();
    const found: YamlValue[] = [];
    const left: YamlValue[] = [this];
    for (let value = left.pop(); value !== undefined; value = left.pop()) {
      // Mappings may be merged into each other, or one of them a thousand times.
      if (value.#node === null || seen.has(value.#node)) continue;
      seen.add(value.#node);
      found.push(value);
      const merged = value.getAll(MERGE).flatMap((mapping) => mapping.items ?? [mapping]);
      left.push(...merged.toReversed());
    }
    return found;
  }

  get #pairs(): readonly Pair[] {
    return this.#read ??= this.#readPairs();
  }

  #readPairs(): Pair[] {
    if (!isMap(this.#node)) return [];
    const { items } = this.#node;
    this.#document.count(items.length);
    return items.map(({ key, value }) => {
      const [written, node] = [key as Node | null, value as Node | null];
      const name = new YamlValue(this.#document, written, this.at);
      const meant = name.#node;
      const text = isScalar(meant) ? String(meant.value) : name.source;
      const isSymbol = isScalar(meant) &&
        (meant.tag === undefined ? meant.type === "PLAIN" && text.startsWith(":") : meant.tag === SYMBOL_TAG);
      return { name: bare(text), source: name.source, isSymbol, at: name.at, value: node };
    });
  }
}

/** Takes from a key what makes it a symbol, and the quotes that a symbol may have. */
function bare(key: string): string {
  return key.replace(/^:/, "").replace(/^(["'])(.*)\1$/, "$2");
}

/**
 * Parses a YAML file.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns Its top-level value.
 * @throws {import("./yaml_error.ts").YamlError} If it is not YAML; the message names line and column.
 */
export function parseYaml(text: string, path: string): YamlValue {
  const document = new YamlDocument(text, path);
  return new YamlValue(document, document.root, { line: 1, column: 1 });
}
