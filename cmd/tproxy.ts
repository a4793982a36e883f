/**
 * `tproxy start|stop|restart|reload|status`: the daemons of this hypervisor; see `lib/daemon/reconcile.ts` for what it
 * does and `lib/daemon/permissions.ts` for what it may do.
 *
 * @module
 */

import { parseTproxy } from "../lib/cli.ts";
import { reconcile } from "../lib/daemon/reconcile.ts";
import { readStatus } from "../lib/daemon/status.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  switch (command.verb) {
    case "start":
    case "stop":
    case "restart":
    case "reload":
      await reconcile(command.verb, DEFAULT_CONFIG_PATH);
      return OK;
    case "status":
      return await status();
    case "done":
      return command.exitCode;
  }
}

async function status(): Promise<number> {
  const { lines, missing, exitCode } = await readStatus();
  for (const line of lines) console.log(line);
  for (const title of missing) console.error(`${title}: not running; run "tproxy start"`);
  return exitCode;
}

Deno.exit(await exitCodeOf("tproxy", main));
