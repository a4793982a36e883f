/**
 * `tproxy`: changes which daemons of this hypervisor run (`lib/daemon/reconcile.ts`), or answers what runs, what is configured
 * and what each program may do (`lib/commands/`). `lib/permissions/table.ts` says what it may do itself.
 *
 * @module
 */

import { printAnswer } from "./print_answer.ts";
import { parseTproxy, type TproxyCommand } from "./cli_tproxy.ts";
import { applyConfig } from "../lib/commands/apply.ts";
import { check } from "../lib/commands/check.ts";
import { reconcile } from "../lib/daemon/reconcile.ts";
import { showPermissions } from "../lib/commands/permissions.ts";
import { showStatus } from "../lib/commands/status.ts";
import { watch } from "../lib/watch/watch.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { log, logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (needsRoot(command)) requireRoot();
  switch (command.verb) {
    case "start":
    case "restart":
    case "reload":
      // Not for the watch, which would say so every few seconds on a host without guests.
      if (await reconcile(command.verb, command.config) === 0) {
        log.info("No network has a proxy: nothing runs");
      }
      return OK;
    case "stop":
      await reconcile(command.verb, command.config);
      return OK;
    case "watch":
      await watch(command.config);
      return OK;
    case "apply":
      return printAnswer(await applyConfig(command), command.json);
    case "status":
      return printAnswer(await showStatus(command.form === "wide"), command.form === "json");
    case "check":
      return printAnswer(await check(command.config, command.asDriver), command.json);
    case "permissions":
      return printAnswer(await showPermissions(command), command.json);
    case "done":
      return command.exitCode;
  }
}

/** Reading the configuration, or the table of permissions, is anybody's. */
function needsRoot(command: TproxyCommand): boolean {
  if (command.verb === "permissions") return command.running;
  return command.verb !== "check" && command.verb !== "done";
}

Deno.exit(await exitCodeOf("tproxy", main));
