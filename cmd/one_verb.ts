/**
 * What all programs for one verb of `tproxy` have in common. They run as root.
 *
 * @module
 */

import { exitCodeOf } from "../lib/exit_code.ts";
import { type DebugLevel, logToStderr } from "../lib/log.ts";
import type { CommandProgram } from "../lib/permissions/verbs.ts";
import { requireRoot } from "../lib/root.ts";
import { notItsVerb, parseTproxy, type TproxyCommand } from "./cli_tproxy.ts";

/** What is asked for with a verb. */
type CommandOf<Verb> = Extract<TproxyCommand, { readonly verb: Verb }>;

/**
 * Carries out the verb that has the program's name, and ends the process.
 *
 * @param verb The verb.
 * @param work Does what is asked for; returns the exit code.
 * @param debugLevel Which messages go to standard error.
 */
export async function runVerb<Verb extends CommandProgram & TproxyCommand["verb"]>(
  verb: Verb,
  work: (command: CommandOf<Verb>) => Promise<number>,
  debugLevel: DebugLevel = 2,
): Promise<never> {
  Deno.exit(
    await exitCodeOf("tproxy", async () => {
      logToStderr(debugLevel);
      const command = parseTproxy(Deno.args);
      if (command.verb === "done") return command.exitCode;
      if (command.verb !== verb) throw notItsVerb(verb, command.verb);
      requireRoot();
      return await work(command as CommandOf<Verb>);
    }),
  );
}
