/**
 * `tproxy doctor`: names the first broken link between guests and services. `lib/permissions/command_permissions.ts`
 * says what it may do; it writes no file.
 *
 * @module
 */

import { examine } from "../lib/doctor/doctor.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";

async function main(): Promise<number> {
  // What it finds out goes into its answer. Warnings on the way would come before.
  logToStderr(0);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "doctor") throw notItsVerb("doctor", command.verb);
  requireRoot();
  return printAnswer(await examine(command, true), command.json);
}

Deno.exit(await exitCodeOf("tproxy", main));
