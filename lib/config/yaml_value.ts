/**
 * A value of a YAML file, with its place: found as Ruby finds it, by symbol and text keys alike.
 *
 * @module
 */

import { type Position, printable } from "./config.ts";
import { type PlainValue, resolvePlain } from "./scalar.ts";

/** The key by which one mapping takes in others. */
const MERGE = "<<";

const LONGEST_SOURCE = 80;

/** A key of a mapping. */
export interface YamlKey {
  /** The name of the key. */
  readonly name: string;
  /** The key itself. */
  readonly key: YamlValue;
  /** Its value. */
  readonly value: YamlValue;
}

/** What a value holds. An alias is the very value that it stands for, so lists and mappings may hold themselves. */
export type YamlContent =
  | { readonly kind: "scalar"; readonly text: string; readonly isPlain: boolean; readonly isSymbol: boolean }
  | { readonly kind: "list"; readonly items: readonly YamlValue[] }
  | { readonly kind: "mapping"; readonly keys: readonly YamlKey[] }
  | { readonly kind: "alias of nothing" };

/** What the values of a file have in common. */
export interface YamlFile {
  /** Where a second document begins, if there is one. */
  readonly nextDocument: Position | undefined;
  /** The first value that Ruby's safe loader refuses, and the whole file with it; `undefined` if there is none. */
  readonly refused: { readonly at: Position; readonly source: string } | undefined;
  /**
   * Counts the values that are looked at.
   *
   * @param values How many more there are.
   * @throws {import("../errors.ts").ConfigError} If they have become too many.
   */
  readonly count: (values: number) => void;
}

/** A value of a file. */
export class YamlValue {
  /** Where it begins. */
  readonly at: Position;
  readonly #file: YamlFile;
  readonly #text: string;
  readonly #content: YamlContent;
  #keysByName: ReadonlyMap<string, readonly YamlKey[]> | undefined;
  #mergedMappings: readonly YamlValue[] | undefined;

  /**
   * @param file The file that it is in.
   * @param at Where it begins.
   * @param text Its text as the file has it.
   * @param content What it holds.
   */
  constructor(file: YamlFile, at: Position, text: string, content: YamlContent) {
    this.#file = file;
    this.at = at;
    this.#text = text.trim();
    this.#content = content;
  }

  /** The text as the file has it, cut to one short line that is safe to print. */
  get source(): string {
    const text = this.#text;
    if (text === "") return "empty";
    const end = text.indexOf("\n");
    const isWhole = end < 0 && text.length <= LONGEST_SOURCE;
    const line = end < 0 ? text : text.slice(0, end);
    return printable(isWhole ? text : `${line.slice(0, LONGEST_SOURCE - 3).trimEnd()}...`);
  }

  /** The plain value, if it is neither a list nor a mapping. */
  get scalar(): PlainValue | undefined {
    if (this.#content.kind !== "scalar") return undefined;
    const { text, isPlain } = this.#content;
    return isPlain ? resolvePlain(text) : text;
  }

  /** Its name if it is a key: without colons and quotes; its source if it is a list or a mapping. */
  get name(): string {
    if (this.#content.kind !== "scalar") return this.source;
    return this.#content.text.replace(/^:/, "").replace(/^(["'])(.*)\1$/, "$2");
  }

  /**
   * Whether Ruby makes a symbol of it, as of `:service_port`. A text, for example `service_port` or `":service_port"`,
   * is another key there.
   */
  get isSymbol(): boolean {
    return this.#content.kind === "scalar" && this.#content.isSymbol;
  }

  /** The values of a list, or `undefined` if it is none. */
  get items(): readonly YamlValue[] | undefined {
    if (this.#content.kind !== "list") return undefined;
    this.#file.count(this.#content.items.length);
    return this.#content.items;
  }

  /** Where the document after this value's begins, if the file has one; it does not count, as in Ruby. */
  get nextDocument(): Position | undefined {
    return this.#file.nextDocument;
  }

  /** The first value of the file that Ruby's safe loader refuses, and the whole file with it. */
  get refused(): YamlFile["refused"] {
    return this.#file.refused;
  }

  /** Whether it is a mapping. */
  get isMapping(): boolean {
    return this.#content.kind === "mapping";
  }

  /** The keys of a mapping in the file's order, then those of what is merged into it; none of anything else. */
  get keys(): readonly YamlKey[] {
    return this.#mappings.flatMap((mapping) => {
      this.#file.count(1 + mapping.#ownKeys.length);
      return mapping.#ownKeys.filter(({ name }) => name !== MERGE);
    });
  }

  /**
   * Finds a key of a mapping, or of what is merged into it (`<<: *defaults`). If it is there more than once, the last
   * one counts, as in Ruby.
   *
   * @param key The key without colons; `tproxy` finds `:tproxy:`, `tproxy:` and `"tproxy":`.
   * @returns Its value, or `undefined` if there is no such key.
   */
  get(key: string): YamlValue | undefined {
    for (const mapping of this.#mappings) {
      this.#file.count(1);
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
    this.#keysByName ??= Map.groupBy(this.#ownKeys, ({ name }) => name);
    const found = this.#keysByName.get(key) ?? [];
    this.#file.count(found.length);
    return found.map(({ value }) => value);
  }

  get #ownKeys(): readonly YamlKey[] {
    return this.#content.kind === "mapping" ? this.#content.keys : [];
  }

  /** This value and what is merged into it, each once, in the order in which they are looked into. */
  get #mappings(): readonly YamlValue[] {
    return this.#mergedMappings ??= this.#findMappings();
  }

  #findMappings(): YamlValue[] {
    // Two mappings may be merged into each other, and one mapping may be merged a thousand times.
    const found = new Set<YamlValue>();
    const left: YamlValue[] = [this];
    for (let value = left.pop(); value !== undefined; value = left.pop()) {
      if (found.has(value)) continue;
      this.#file.count(1);
      found.add(value);
      const merged = value.getAll(MERGE).flatMap((mapping) => mapping.items ?? [mapping]);
      // In reverse, since the first of them is looked into next. One by one, since a call takes only so many arguments.
      for (const mapping of merged.toReversed()) left.push(mapping);
    }
    return [...found];
  }
}
