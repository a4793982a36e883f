/**
 * `tproxy integrate`: how OpenNebula's network drivers call this installation (`lib/integrate/integrate.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { showIntegration } from "../lib/commands/integration.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { integrate } from "../lib/integrate/integrate.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "integrate") throw notItsVerb("integrate", command.verb);
  const { way, frontEnd, archives, dryRun, json } = command;
  // A front-end's files are oneadmin's, who may change them without root.
  if (!frontEnd) requireRoot();
  if (way === undefined) return printAnswer(showIntegration(frontEnd), json);
  await integrate({ way, frontEnd, archives, dryRun }, (line) => console.log(line));
  return OK;
}

Deno.exit(await exitCodeOf("tproxy", main));
