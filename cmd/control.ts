/**
 * What `tproxy start`, `stop`, `restart` and `reload` do, in whichever program.
 *
 * @module
 */

import type { ControlCommand } from "./plain_arguments.ts";
import type { ConfigSource } from "../lib/config/noted.ts";
import { reconcile } from "../lib/daemon/reconcile.ts";
import { settingsFrom } from "../lib/daemon/settings.ts";
import { OK } from "../lib/exit_code.ts";
import { log } from "../lib/log.ts";

/**
 * Changes what runs.
 *
 * @param verb Which change.
 * @param source The configuration, which says how the daemons should run.
 * @returns How to exit.
 */
export async function control(verb: ControlCommand["verb"], source: ConfigSource): Promise<number> {
  const count = await reconcile(verb, settingsFrom(source));
  // Not for the watch, which would say so every few seconds on a host without guests.
  if (count === 0 && verb !== "stop") log.info("No network has a proxy: nothing runs");
  return OK;
}
