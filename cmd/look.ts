/**
 * The verbs of `tproxy` that only look: `lib/commands/` answers what runs, what is configured and what each program may
 * do. It prints help and usage, too. `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy, type TproxyCommand } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { check } from "../lib/commands/check.ts";
import { showPermissions } from "../lib/commands/permissions.ts";
import { showStatus } from "../lib/commands/status.ts";
import { readMetrics } from "../lib/commands/metrics.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (needsRoot(command)) requireRoot();
  switch (command.verb) {
    case "status":
      return printAnswer(await showStatus(command.form === "wide"), command.form === "json");
    case "check":
      return printAnswer(await check(command.config, command.asDriver), command.json);
    case "permissions":
      return printAnswer(await showPermissions(command), command.json);
    case "metrics":
      if (command.textfile !== undefined) throw notItsVerb("look", "metrics --textfile");
      await Deno.stdout.write(new TextEncoder().encode(await readMetrics("openmetrics")));
      return OK;
    case "done":
      return command.exitCode;
    default:
      throw notItsVerb("look", command.verb);
  }
}

/** Reading the configuration, or the table of permissions, is anybody's. */
function needsRoot(command: TproxyCommand): boolean {
  return command.verb === "permissions" ? command.running : ["status", "metrics"].includes(command.verb);
}

Deno.exit(await exitCodeOf("tproxy", main));
