/**
 * `tproxy watch` and `apply`: follows the configuration, by itself or once, and keeps bridges and daemons as they
 * should be. It does what `tproxy.ts` does, too, where that needs the configuration.
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { control } from "./control.ts";
import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { applyConfig } from "../lib/commands/apply.ts";
import { configFile } from "../lib/config/read.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { watch } from "../lib/watch/watch.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  requireRoot();
  switch (command.verb) {
    case "watch":
      await watch(command.config);
      return OK;
    case "apply":
      return printAnswer(await applyConfig(command), command.json);
    case "start":
    case "stop":
    case "restart":
    case "reload":
      return await control(command.verb, configFile(command.config));
    default:
      throw notItsVerb("watch", command.verb);
  }
}

Deno.exit(await exitCodeOf("tproxy", main));
