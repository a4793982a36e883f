/**
 * `setup`: makes and removes the kernel's state of one bridge (`lib/setup/setup.ts`), or lists it
 * (`lib/commands/list.ts`). `deploy.ts` does what starts and ends proxies besides.
 * `lib/permissions/command_permissions.ts` says what it may do itself.
 *
 * @module
 */

import { printAnswer } from "./print_answer.ts";
import { parseSetup } from "./cli_setup.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf, KEPT, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { listBridges } from "../lib/commands/list.ts";
import { release } from "../lib/setup/release.ts";
import { down, up } from "../lib/setup/setup.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseSetup(Deno.args);
  if (command.verb === "done") return command.exitCode;
  requireRoot();
  if (command.verb === "hook" || "now" in command && command.now) {
    throw new InputError('The program "setup" starts no proxies', 'run "tproxy-setup", which chooses the program');
  }
  switch (command.verb) {
    case "up":
      return (await up(command)).length === 0 ? OK : KEPT;
    case "down":
      await down(command.bridge, command.network);
      return OK;
    case "release":
      await release();
      return OK;
    case "list":
      return printAnswer(await listBridges(), command.json);
  }
}

Deno.exit(await exitCodeOf("setup", main));
