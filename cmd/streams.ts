/**
 * `tproxy streams`: lists the streams that are open now (`lib/commands/streams.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { showStreams } from "../lib/commands/streams.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "streams") throw notItsVerb("streams", command.verb);
  requireRoot();
  return printAnswer(await showStreams(command.which), command.json);
}

Deno.exit(await exitCodeOf("tproxy", main));
