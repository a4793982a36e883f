/**
 * Rendering tables for people. Pure.
 *
 * @module
 */

/**
 * Renders a table. Each column is as wide as its widest cell, and columns are two spaces apart.
 *
 * @param rows The rows, each with a text for every column. The first one may be the header.
 * @returns A line for each row.
 */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
