/**
 * `tproxy kill`: ends streams, and nothing else (`lib/commands/kill.ts`). `lib/permissions/command_permissions.ts` says
 * what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { killStreams } from "../lib/commands/kill.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "kill") throw notItsVerb("kill", command.verb);
  requireRoot();
  return printAnswer(await killStreams(command.target), command.json);
}

Deno.exit(await exitCodeOf("tproxy", main));
