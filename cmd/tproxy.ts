/**
 * `tproxy start|stop|restart|reload|status`: the daemons of this hypervisor; see `lib/daemon/reconcile.ts` for what it
 * does and `lib/permissions/table.ts` for what it may do. `tproxy check`: the configuration; see `lib/commands/check.ts`.
 * `tproxy permissions`: what each program may do; see `lib/commands/permissions.ts`.
 *
 * @module
 */

import { parseTproxy, type TproxyCommand } from "./cli_tproxy.ts";
import { check } from "../lib/commands/check.ts";
import { HELD } from "../lib/daemon/hold.ts";
import { reconcile } from "../lib/daemon/reconcile.ts";
import { showPermissions } from "../lib/commands/permissions.ts";
import { readStatus } from "../lib/commands/status.ts";
import { renderWide } from "../lib/commands/status_table.ts";
import { watch } from "../lib/watch/watch.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { describeFault } from "../lib/fault.ts";
import { log, logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (needsRoot(command)) requireRoot();
  switch (command.verb) {
    case "start":
    case "restart":
    case "reload":
      // Not for the watch, which would say so every few seconds on a host without guests.
      if (await reconcile(command.verb, command.config) === 0) {
        log.info("No network has a proxy: nothing runs");
      }
      return OK;
    case "stop":
      await reconcile(command.verb, command.config);
      return OK;
    case "watch":
      await watch(command.config);
      return OK;
    case "status":
      return await status(command.form);
    case "check":
      return await checkConfiguration(command.config, command.json);
    case "permissions": {
      const { stdout, exitCode } = await showPermissions(command);
      console.log(stdout);
      return exitCode;
    }
    case "done":
      return command.exitCode;
  }
}

/** Reading the configuration, or the table of permissions, is anybody's. */
function needsRoot(command: TproxyCommand): boolean {
  if (command.verb === "permissions") return command.running;
  return command.verb !== "check" && command.verb !== "done";
}

async function status(form: "plain" | "wide" | "json"): Promise<number> {
  const { exitCode, ...found } = await readStatus();
  if (form === "json") {
    console.log(JSON.stringify(found, undefined, 2));
    return exitCode;
  }
  const { proxies, faults, stopped } = found;
  if (form === "wide") console.log(renderWide(found));
  else for (const { title, pid, draining } of proxies) if (!draining) console.log(`${title}: ${pid}`);
  if (stopped) console.error(HELD);
  for (const fault of faults) console.error(describeFault(fault));
  return exitCode;
}

async function checkConfiguration(config: string, json: boolean): Promise<number> {
  const { stdout, stderr, exitCode } = await check(config, json);
  if (stdout !== "") console.log(stdout);
  if (stderr !== "") console.error(stderr);
  return exitCode;
}

Deno.exit(await exitCodeOf("tproxy", main));
