/**
 * `setup`: makes and removes the kernel's state of one bridge (`lib/setup/setup.ts`) or of all bridges of a VM
 * (`lib/setup/hook.ts`), or lists it (`lib/commands/list.ts`). `lib/permissions/command_permissions.ts` says what it
 * may do itself.
 *
 * @module
 */

import { printAnswer } from "./print_answer.ts";
import { parseSetup } from "./cli_setup.ts";
import { exitCodeOf, KEPT, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { runHook } from "../lib/setup/hook.ts";
import { listBridges } from "../lib/commands/list.ts";
import { release } from "../lib/setup/release.ts";
import { down, up } from "../lib/setup/setup.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseSetup(Deno.args);
  if (command.verb !== "done") requireRoot();
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
    case "hook":
      return await runHook(command.action, command.config, Deno.stdin.readable);
    case "done":
      return command.exitCode;
  }
}

Deno.exit(await exitCodeOf("setup", main));
