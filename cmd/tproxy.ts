/**
 * `tproxy start`, `stop`, `restart` and `reload`, where nothing in the configuration has changed since it was last
 * read: each VM's start waits for these. Else `watch` does the same, which can read the configuration.
 * `lib/permissions/verbs.ts` says which other programs `tproxy` has, and `command_permissions.ts` what each may do.
 *
 * @module
 */

import { control } from "./control.ts";
import { parseControl } from "./plain_arguments.ts";
import { notedConfig } from "../lib/config/noted.ts";
import { exitCodeOf, USAGE } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseControl(Deno.args);
  if (command.verb === "mistake") {
    console.error(command.text);
    return USAGE;
  }
  requireRoot();
  return await control(command.verb, notedConfig(command.config));
}

Deno.exit(await exitCodeOf("tproxy", main));
