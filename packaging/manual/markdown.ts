/**
 * Sections of `docs/` for a page of the manual: paragraphs, lists, tables and code. Pure.
 *
 * @module
 */

import { escape, item, renderLine } from "./roff.ts";

/**
 * Finds the text under a heading.
 *
 * @param documents The documents, of which one has the heading.
 * @param heading The heading without `##`.
 * @returns The text up to the next heading of the same level.
 * @throws {Error} If none has it.
 */
export function sectionOf(documents: readonly string[], heading: string): string {
  for (const document of documents) {
    const [, after] = document.split(`\n## ${heading}\n`);
    if (after !== undefined) return after.split("\n## ")[0] ?? "";
  }
  throw new Error(`no document has the heading "## ${heading}", which the manual needs`);
}

/**
 * Renders Markdown. Each row of a table is a term, its first cell, with the other cells below it.
 *
 * @param markdown The text.
 * @returns Lines of a page.
 */
export function renderMarkdown(markdown: string): string[] {
  // Lines of a block belong together. A list's items follow each other without an empty line.
  const blocks = markdown.trim().split(/\n\n+|\n(?=- )/);
  return blocks.flatMap((block) => {
    if (block.startsWith("|")) return renderTable(block);
    if (block.startsWith("```")) {
      return [".PP", ".nf", ...block.split("\n").slice(1, -1).map((line) => escape(line)), ".fi"];
    }
    if (block.startsWith("### ")) return [`.SS "${escape(block.slice("### ".length))}"`];
    if (block.startsWith("- ")) return [".IP \\(bu 2", renderLine(joined(block.slice("- ".length)))];
    return [".PP", renderLine(joined(block))];
  });
}

function joined(block: string): string {
  return block.replaceAll(/\n */g, " ");
}

function renderTable(table: string): string[] {
  const [heads = [], , ...rows] = table.split("\n").map(cellsOf);
  return rows.flatMap(([term = "", ...cells]) => {
    const said = cells.flatMap((cell, at) => cell === "" ? [] : [sentence(heads[at + 1] ?? "", cell)]);
    return item(renderLine(term), said.map(renderLine).join("\n.br\n"));
  });
}

/** A column's head belongs to its cells, as "default: 8192"; the head "value" or none says nothing. */
function sentence(head: string, cell: string): string {
  return head === "" || head === "value" ? cell : `${head}: ${cell}`;
}

function cellsOf(row: string): string[] {
  return row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"));
}
