/**
 * `tproxy metrics --textfile`: the one program that looks and writes what it sees. It may write that one file alone, as
 * `lib/permissions/command_permissions.ts` says.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { writeTextfile } from "../lib/commands/textfile.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "metrics" || command.textfile === undefined) throw notItsVerb("textfile", command.verb);
  requireRoot();
  await writeTextfile(command.textfile);
  return OK;
}

Deno.exit(await exitCodeOf("tproxy", main));
