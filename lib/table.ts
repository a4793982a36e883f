/**
 * Tables for people. Pure.
 *
 * @module
 */

/**
 * Renders a table: columns as wide as their widest cell, two spaces apart.
 *
 * @param rows The rows, each with a text for every column; the first one may be the head.
 * @returns A line for each row.
 */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
