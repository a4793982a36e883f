/**
 * `setup hook`, and `setup up` and `down` with `--now`, where `deploy.ts` can't: it reads the configuration, and
 * explains what is wrong with a command line. `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { parseSetup } from "./cli_setup.ts";
import { setUpAndFollow } from "./follow.ts";
import { configFile } from "../lib/config/read.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseSetup(Deno.args);
  if (command.verb === "done") return command.exitCode;
  requireRoot();
  if (command.verb === "list" || command.verb === "release") {
    throw new InputError(
      `The program "reread" has no "${command.verb}"`,
      'run "tproxy-setup", which chooses the program',
    );
  }
  return await setUpAndFollow(command, configFile(command.config));
}

Deno.exit(await exitCodeOf("tproxy-setup", main));
