/**
 * `tproxy sysdump`: collects what a bug report needs. `lib/permissions/command_permissions.ts` says what it may do:
 * what `doctor` may, and write the one file that it is told.
 *
 * @module
 */

import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { writeSysdump } from "../lib/sysdump/sysdump.ts";
import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";

async function main(): Promise<number> {
  // What is wrong goes into the archive.
  logToStderr(0);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "sysdump") throw notItsVerb("sysdump", command.verb);
  requireRoot();
  return printAnswer(await writeSysdump(command), command.json);
}

Deno.exit(await exitCodeOf("tproxy", main));
