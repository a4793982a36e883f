/**
 * `tproxy trace`: has outers log all streams of a guest for a time (`lib/commands/trace.ts`), and prints what the logs
 * say of it. `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printLines } from "./print_lines.ts";
import { Logs } from "../lib/commands/logs.ts";
import { beginTrace } from "../lib/commands/trace.ts";
import { exitCodeOf, FAILED, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "trace") throw notItsVerb("trace", command.verb);
  requireRoot();
  const { guest, seconds, json } = command;
  const logs = new Logs({ guest, since: Date.now() });
  const failures = await beginTrace(guest, seconds);
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) return FAILED;
  const end = performance.now() + seconds * 1000;
  if (await printLines(logs.present(), json)) await printLines(logs.following(end), json);
  return OK;
}

Deno.exit(await exitCodeOf("tproxy", main));
