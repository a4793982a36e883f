/**
 * `setup up` and `setup down`, where nothing in the configuration has changed since it was last read, and the command
 * line is plain: each VM's start waits for these. Else `setup` does the same, which can read both.
 * `lib/permissions/command_permissions.ts` says what it may do itself.
 *
 * @module
 */

import { changeOneBridge } from "./one_bridge.ts";
import { parsePlainSetup } from "./plain_setup.ts";
import { notedConfig } from "../lib/config/noted.ts";
import { ASK_ANOTHER, exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parsePlainSetup(Deno.args);
  if (command === undefined || command.verb === "hook" || command.now) return ASK_ANOTHER;
  requireRoot();
  return await changeOneBridge(command, notedConfig(command.config));
}

Deno.exit(await exitCodeOf("tproxy-setup", main));
