/**
 * `tproxy logs`: prints the logs of all proxies in the order of time (`lib/commands/logs.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printLines } from "./print_lines.ts";
import { Logs } from "../lib/commands/logs.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "logs") throw notItsVerb("logs", command.verb);
  requireRoot();
  const { filter, follow, json } = command;
  const logs = new Logs(filter);
  const isRead = await printLines(logs.present(), json);
  for (const note of logs.notes) console.error(note);
  if (follow && isRead) await printLines(logs.following(), json);
  return OK;
}

Deno.exit(await exitCodeOf("tproxy", main));
