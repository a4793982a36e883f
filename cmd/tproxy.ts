/**
 * `tproxy start`, `stop`, `restart` and `reload`: changes which daemons of this hypervisor run (`lib/daemon/reconcile.ts`).
 * `lib/permissions/commands.ts` says which other programs `tproxy` has, and what each may do.
 *
 * @module
 */

import { parseControl } from "./plain_arguments.ts";
import { reconcile } from "../lib/daemon/reconcile.ts";
import { exitCodeOf, OK, USAGE } from "../lib/exit_code.ts";
import { log, logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseControl(Deno.args);
  if (command.verb === "mistake") {
    console.error(command.text);
    return USAGE;
  }
  requireRoot();
  const count = await reconcile(command.verb, command.config);
  // Not for the watch, which would say so every few seconds on a host without guests.
  if (count === 0 && command.verb !== "stop") log.info("No network has a proxy: nothing runs");
  return OK;
}

Deno.exit(await exitCodeOf("tproxy", main));
