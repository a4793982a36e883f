/**
 * YAML with positions, the one wrapper around the `yaml` package: read as Ruby's YAML 1.1 reads it, with symbol and
 * string keys alike.
 *
 * @module
 */

import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ConfigError } from "../errors.ts";
import type { Position } from "./config.ts";

/** A value in the file. */
export class YamlValue {
  readonly #node: Node | null;
  readonly #file: YamlFile;
  /** Where it begins, or where its key does if it is empty. */
  readonly at: Position;

  /**
   * @param file The file it is in.
   * @param node The node of the `yaml` package; `null` for an empty value.
   * @param fallback The position of an empty value.
   */
  constructor(file: YamlFile, node: Node | null, fallback: Position) {
    this.#file = file;
    // An alias of nothing stays what it is, neither scalar nor list, so that it can't be taken for an empty value.
    this.#node = isAlias(node) ? node.resolve(file.document) ?? node : node;
    this.at = node?.range ? file.positionOf(node.range[0]) : fallback;
  }

  /** The text as the file has it, cut to one short line. */
  get source(): string {
    const range = this.#node?.range;
    const text = range ? this.#file.text.slice(range[0], range[1]).trim() : "";
    if (text === "") return "empty";
    const line = text.split("\n", 1)[0] ?? "";
    return line === text && line.length <= 80 ? line : `${line.slice(0, 77)}...`;
  }

  /** The plain value, if it is neither a list nor a mapping. */
  get scalar(): unknown {
    if (this.#node === null) return null;
    return isScalar(this.#node) ? this.#node.value : undefined;
  }

  /** The values of a list, or `undefined` if it is none. */
  get items(): YamlValue[] | undefined {
    if (!isSeq(this.#node)) return undefined;
    return this.#node.items.map((item) => new YamlValue(this.#file, item as Node | null, this.at));
  }

  /** Whether it is a mapping. */
  get isMapping(): boolean {
    return isMap(this.#node);
  }

  /**
   * Finds a key of a mapping, or of what is merged into it (`<<: *defaults`). If it is there more than once, the last one
   * counts, as in Ruby.
   *
   * @param key The key without colons; `tproxy` finds `:tproxy:`, `tproxy:` and `"tproxy":`.
   * @returns Its value, or `undefined` if there is no such key.
   */
  get(key: string): YamlValue | undefined {
    const own = this.#valuesOf(key).at(-1);
    if (own !== undefined) return own;
    const merged = this.#valuesOf("<<").flatMap((value) => value.items ?? [value]);
    return merged.map((value) => value.get(key)).find((value) => value !== undefined);
  }

  #valuesOf(key: string): YamlValue[] {
    if (!isMap(this.#node)) return [];
    const pairs = this.#node.items.filter((pair) =>
      isScalar(pair.key) && bare(pair.key.source ?? pair.key.value) === key
    );
    return pairs.map(({ key, value }) => {
      const at = this.#file.positionOf((key as Node).range?.[0] ?? 0);
      return new YamlValue(this.#file, value as Node | null, at);
    });
  }
}

/** A parsed file. */
interface YamlFile {
  readonly text: string;
  readonly document: Document;
  positionOf(offset: number): Position;
}

function bare(key: unknown): string {
  return String(key).replace(/^:/, "").replace(/^"(.*)"$/, "$1");
}

/**
 * Parses a YAML file.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns Its top-level value.
 * @throws {ConfigError} If it is not YAML; the message names line and column.
 */
export function parseYaml(text: string, path: string): YamlValue {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "silent",
  });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, column } = positionOf(error.pos[0]);
    throw new ConfigError(`${path}:${line}:${column}: not YAML: ${error.message}`, "correct that line", {
      cause: error,
    });
  }
  return new YamlValue({ text, document, positionOf }, document.contents, { line: 1, column: 1 });
}
