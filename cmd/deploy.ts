/**
 * `setup hook`, and `setup up` and `down` with `--now`: what a VM's deploy waits for, in one start. It changes the
 * kernel's state of bridges as `setup.ts` does, and has the proxies follow as `tproxy start` does.
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { parseSetup } from "./cli_setup.ts";
import { control } from "./control.ts";
import { configuredSettings } from "../lib/daemon/read_settings.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf, KEPT, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { runHook } from "../lib/setup/hook.ts";
import { down, up } from "../lib/setup/setup.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseSetup(Deno.args);
  if (command.verb === "done") return command.exitCode;
  requireRoot();
  switch (command.verb) {
    case "up": {
      const kept = await up(command);
      await follow(command.config);
      return kept.length === 0 ? OK : KEPT;
    }
    case "down":
      await down(command.bridge, command.network);
      await follow(command.config);
      return OK;
    case "hook":
      return await runHook(command.action, command.config, Deno.stdin.readable, () => follow(command.config));
    default:
      throw new InputError(
        `The program "deploy" has no "${command.verb}"`,
        'run "tproxy-setup", which chooses the program',
      );
  }
}

/** The difference only: a proxy whose routes have not changed is left alone. */
function follow(config: string): Promise<number> {
  return control("start", configuredSettings(config));
}

Deno.exit(await exitCodeOf("setup", main));
