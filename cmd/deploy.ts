/**
 * `setup hook`, and `setup up` and `down` with `--now`: what a VM's deploy waits for, in one start. It changes the
 * kernel's state of bridges as `setup.ts` does, and has the proxies follow as `tproxy start` does.
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { parseSetup } from "./cli_setup.ts";
import { changeOneBridge } from "./one_bridge.ts";
import { control } from "./control.ts";
import { configFile } from "../lib/config/read.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { runHook } from "../lib/setup/hook.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseSetup(Deno.args);
  if (command.verb === "done") return command.exitCode;
  requireRoot();
  const source = configFile("config" in command ? command.config : "");
  // The difference only: a proxy whose routes have not changed is left alone.
  const follow = () => control("start", source);
  switch (command.verb) {
    case "up":
    case "down": {
      const exitCode = await changeOneBridge(command, source);
      await follow();
      return exitCode;
    }
    case "hook":
      return await runHook(command.action, source, Deno.stdin.readable, follow);
    default:
      throw new InputError(
        `The program "deploy" has no "${command.verb}"`,
        'run "tproxy-setup", which chooses the program',
      );
  }
}

Deno.exit(await exitCodeOf("setup", main));
