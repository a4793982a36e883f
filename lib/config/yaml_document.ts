/**
 * A YAML file as a tree of nodes with positions.
 *
 * @module
 */

import { type Alias, isAlias, isScalar, LineCounter, type Node, visit } from "yaml";
import { ConfigError } from "../errors.ts";
import { type Position, printable } from "./config.ts";
import { splitGlued } from "./keys.ts";
import { compose } from "./yaml_compose.ts";
import { YamlError } from "./yaml_error.ts";

/** Far more than a file of 256 KiB holds, unless its aliases multiply it. */
const MAX_NODES = 2_000_000;

/** The package puts all that it did not expect into its message. */
const LONGEST_REASON = 200;

/** A parsed file. */
export class YamlDocument {
  /** Its text. */
  readonly text: string;
  /** Its top-level node; `null` if it is empty. */
  readonly root: Node | null;
  /** Where a second document begins, which does not count, as in Ruby. */
  readonly next: Position | undefined;
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #targets: Map<Alias, Node>;
  #seen = 0;

  /**
   * Parses a YAML file.
   *
   * @param text The file's text.
   * @param path Its name, for messages.
   * @throws {YamlError} If it is not YAML, or is nested deeper than anybody would.
   */
  constructor(text: string, path: string) {
    // A carriage return alone ends a line too, in YAML and for Ruby.
    this.text = text.replaceAll(/\r(?!\n)/g, "\n");
    this.#path = path;
    this.#lines.lineStarts = [0, ...this.text.matchAll(/\n/g).map(({ index }) => index + 1)];
    const [first, ...others] = compose(this.text, this.#fail.bind(this));
    const second = others.find(({ contents }) => !isScalar(contents) || contents.value !== "");
    this.root = first?.contents ?? null;
    this.next = second && this.positionOf(second.contents?.range[0] ?? second.range[0]);
    this.#targets = findTargets(this.root);
  }

  /**
   * Finds the place of an offset.
   *
   * @param offset A number of characters from the beginning.
   * @returns Its line and column.
   */
  positionOf(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /**
   * Follows an alias.
   *
   * @param node Any node.
   * @returns What an alias stands for, or the node itself if it is none or stands for nothing.
   */
  follow(node: Node): Node {
    return isAlias(node) ? this.#targets.get(node) ?? node : node;
  }

  /**
   * Counts the nodes that are looked at, since aliases of aliases can multiply them without end.
   *
   * @param nodes How many more there are.
   * @throws {ConfigError} If they have become too many.
   */
  count(nodes: number): void {
    this.#seen += nodes;
    if (this.#seen <= MAX_NODES) return;
    const message = `The configuration ${this.#path} is too large once its aliases are followed`;
    throw new ConfigError(message, "use fewer aliases of long lists");
  }

  #fail(offset: number, reason: string, cause?: unknown): never {
    // A bracket or quote that was never closed is missing after the last word before that place, not in some line below.
    const end = /\b(?:end with|closing)\b/.test(reason) ? offset : this.text.length;
    const at = this.positionOf(Math.min(offset, this.text.slice(0, end).trimEnd().length));
    const line = this.text.split("\n", at.line)[at.line - 1]?.trimEnd() ?? "";
    // Without a space behind it a colon ends no key, and the next line's colon is one too many for YAML.
    const glued = splitGlued(line.slice(at.column - 1).split(/\s/, 1)[0] ?? "");
    if (glued !== undefined) reason = `:${glued.key}:${glued.value} lacks a space after the colon`;
    throw new YamlError(this.#path, { at, reason: reason.slice(0, LONGEST_REASON), line: printable(line) }, { cause });
  }
}

/** Finds what each alias stands for: the last node before it with that anchor. */
function findTargets(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Node(_, node) {
      const target = isAlias(node) ? anchors.get(node.source) : undefined;
      if (isAlias(node)) {
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}
