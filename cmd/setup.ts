/**
 * `setup`: lists the kernel's state of bridges (`lib/commands/list.ts`), or leaves it to the driver. It makes and
 * removes that of one bridge where `updown.ts` can't. `deploy.ts` does what starts and ends proxies besides.
 * `lib/permissions/command_permissions.ts` says what it may do itself.
 *
 * @module
 */

import { changeOneBridge } from "./one_bridge.ts";
import { printAnswer } from "./print_answer.ts";
import { parseSetup } from "./cli_setup.ts";
import { configFile } from "../lib/config/read.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { listBridges } from "../lib/commands/list.ts";
import { release } from "../lib/setup/release.ts";
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
    case "down":
      return await changeOneBridge(command, configFile(command.config));
    case "release":
      await release();
      return OK;
    case "list":
      return printAnswer(await listBridges(), command.json);
  }
}

Deno.exit(await exitCodeOf("tproxy-setup", main));
