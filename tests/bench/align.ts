/**
 * Tables for a terminal.
 *
 * @module
 */

/** Aligns columns. The first ones hold words and are aligned left; the others hold numbers and are aligned right. */
export function align(rows: readonly (readonly string[])[], words: number): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const pad = (text: string, i: number) => i < words ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}
