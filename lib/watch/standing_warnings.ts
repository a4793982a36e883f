/**
 * Warnings of what lasts: each is logged when it comes up, and not again in each pass.
 *
 * @module
 */

import { log, type LogLine } from "../log.ts";
import type { LogFields } from "../log_lines.ts";

/** Remembers which warnings a pass has logged. */
export class StandingWarnings {
  #former: ReadonlySet<string> = new Set();
  #present = new Set<string>();
  readonly #write: LogLine;

  /** @param write Where the lines go; the log by default. */
  constructor(write: LogLine = log.warning) {
    this.#write = write;
  }

  /** Logs a warning, unless this pass or the one before has. */
  readonly warn: LogLine = (message: string, fields: LogFields = {}) => {
    const warning = JSON.stringify([message, fields]);
    if (!this.#former.has(warning) && !this.#present.has(warning)) this.#write(message, fields);
    this.#present.add(warning);
  };

  /** Forgets the warnings that the pass which ends now has not repeated. A pass that has failed does not call this. */
  endPass(): void {
    this.#former = this.#present;
    this.#present = new Set();
  }
}
