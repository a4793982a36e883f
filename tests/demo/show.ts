/**
 * The output of the demo on a terminal, with colour if the terminal has it.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { HOPS, litPicture } from "./way.ts";

const COLOR = Deno.stdout.isTerminal() && !Deno.noColor;

function paint(code: number, text: string): string {
  return COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Text that is less important. */
function dim(text: string): string {
  return paint(2, text);
}

/** A line that a command has printed. A terminal shows as much of it as fits. */
export function printed(line: string): void {
  const columns = COLOR ? Deno.consoleSize().columns : Infinity;
  const indented = `  ${line}`;
  console.log(dim(indented.length <= columns ? indented : `${indented.slice(0, columns - 1)}…`));
}

/** The heading of a part. */
export function headline(text: string): void {
  console.log(`\n${paint(1, text)}`);
}

/** A command and its host. */
export function prompt(where: string, command: string): void {
  console.log(`${paint(36, `${where}#`)} ${command}`);
}

/** A remark. */
export function explain(text: string): void {
  console.log(text);
}

/** The last line, which tells whether the demo worked. */
export function verdict(good: boolean, text: string): void {
  console.log(`\n${paint(good ? 32 : 31, text)}`);
}

/** What to read or do next: a place, and what is there. */
export function next(places: readonly (readonly [where: string, what: string])[]): void {
  headline("What to do next");
  const width = Math.max(...places.map(([where]) => where.length));
  for (const [where, what] of places) console.log(`  ${paint(36, where.padEnd(width))}  ${what}`);
}

/** How wide the picture is, in columns. */
const WIDTH = 84;

/** How long each place of a request's way is the last that is lit, in milliseconds. */
const STEP_MS = 120;

/**
 * Shows a request's way in the picture, one place after the other. Without colours it shows nothing, and neither on a
 * terminal that the picture does not fit in.
 *
 * @param guest Whose request it was.
 * @param said What is known of each place, in their order.
 */
export async function lightUp(guest: string, said: readonly string[]): Promise<void> {
  if (!COLOR || Deno.consoleSize().columns < WIDTH) return;
  for (let hops = 0; hops <= HOPS; hops++) {
    const lines = [...litPicture(guest, hops, (text) => paint(32, paint(1, text))), paint(32, said[hops - 1] ?? "")];
    // Over the picture of the step before.
    const up = hops === 0 ? "" : `\x1b[${lines.length}A`;
    console.log(up + lines.map((line) => `${line}\x1b[K`).join("\n"));
    await delay(STEP_MS);
  }
}
