/**
 * The verb of `tproxy` that shows what happens now.
 *
 * @module
 */

import type { Command } from "./cli.ts";

/** What is asked of it. */
export interface TopCommand {
  /** Show bridges and streams. */
  readonly verb: "top";
  /** Whether the answer is for a script. */
  readonly json: boolean;
}

const EXAMPLES = `
Examples: on the whole screen, until q; once, as a table
  tproxy top
  tproxy top | cat`;

/**
 * Defines the verb.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineTop(program: Command, done: (command: TopCommand) => void): void {
  program.command("top").description("show what each bridge's guests transfer now, refreshed every second")
    .option("--json", "measure for a second, and print that as JSON", false)
    .addHelpText("after", EXAMPLES)
    .action(({ json }) => done({ verb: "top", json }));
}
