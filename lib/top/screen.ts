/**
 * The terminal while `tproxy top` has all of it.
 *
 * @module
 */

import type { Line, Size } from "./render.ts";

/**
 * Another screen than that with what was typed before, and no cursor (xterm's control sequences, DECSET 1049 and 25).
 */
const BEGIN = "\x1b[?1049h\x1b[?25l";
const END = "\x1b[0m\x1b[?25h\x1b[?1049l";

/** A terminal of which a program has the whole screen, and every key; until it is disposed of. */
export class Screen implements Disposable {
  /** Takes the terminal that is this process's standard input and output. */
  constructor() {
    try {
      Deno.stdin.setRaw(true);
      write(BEGIN);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** How large it is now. */
  get size(): Size {
    return Deno.consoleSize();
  }

  /**
   * Shows lines in place of those that are shown.
   *
   * @param lines The lines, no more and no longer than fit.
   */
  show(lines: readonly Line[]): void {
    // Each line is erased behind its text, and not the whole screen first, which would flicker.
    const shown = lines.map(({ text, isMarked }) => isMarked ? `\x1b[7m${text}\x1b[K\x1b[0m` : `${text}\x1b[K`);
    write(`\x1b[H${shown.join("\r\n")}\x1b[J`);
  }

  /** Leaves the terminal as it was. */
  [Symbol.dispose](): void {
    // A terminal that is gone needs neither.
    for (const undo of [() => write(END), () => Deno.stdin.setRaw(false)]) {
      try {
        undo();
      } catch {
        // It is gone.
      }
    }
  }
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
