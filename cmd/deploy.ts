/**
 * `setup hook`, and `setup up` and `down` with `--now`, where nothing in the configuration has changed since it was
 * last read, and the command line is plain: what a VM's deploy waits for, in one start. Else `reread` does the same,
 * which can read both. `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { setUpAndFollow } from "./follow.ts";
import { parsePlainSetup } from "./plain_setup.ts";
import { notedConfig, steady } from "../lib/config/noted.ts";
import { ASK_ANOTHER, exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parsePlainSetup(Deno.args);
  if (command === undefined) return ASK_ANOTHER;
  requireRoot();
  const source = steady(notedConfig(command.config));
  // This comes before standard input is read, which the program that can read the configuration needs, too.
  await source.read();
  return await setUpAndFollow(command, source);
}

Deno.exit(await exitCodeOf("tproxy-setup", main));
